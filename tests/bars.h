/* Bars and stripes: pictures of side x side pixels of which each row, or each column, is all on or all off. */
#ifndef HM_TESTS_BARS_H
#define HM_TESTS_BARS_H

/* cases[2 << side][side * side]; rows and columns take turns, and both begin with the empty picture. */
static inline void draw_bars_and_stripes(int side, float *cases)
{
    for (int i = 0; i < 2 << side; i++)
        for (int k = 0; k < side * side; k++)
            cases[i * side * side + k] = (float)((i >> 1) >> (i & 1 ? k % side : k / side) & 1);
}

#endif
