/* What sphinx_fe (sphinxbase-utils 0.8) computes of make_sound (sound_files.h) in its first frame, one in the middle and its last,
 * which is padded:
 *
 *     sphinx_fe -i record.wav -o record.mfc -mswav yes -remove_noise no -remove_silence no -dither no -lowerf 130 -upperf 6800
 *
 * with -logspec yes for the bands and with -transform dct -lifter 22 for the cepstra. */
#ifndef HM_TESTS_FRONT_END_REFERENCE_H
#define HM_TESTS_FRONT_END_REFERENCE_H

enum { REFERENCE_FRAMES = 36, REFERENCE_ROWS = 3, REFERENCE_BANDS = 40, REFERENCE_CEPSTRA = 13 };
static const size_t reference_row[REFERENCE_ROWS] = {0, 18, 35};

static const float reference_bands[REFERENCE_ROWS][REFERENCE_BANDS] = {
    {11.8191f, 14.3145f, 16.5112f, 17.7513f, 18.4575f, 18.4846f, 17.7459f, 15.8312f, 13.1428f, 11.8122f,
     9.9578f, 9.0397f, 8.7489f, 8.3588f, 9.2020f, 8.9045f, 8.9658f, 8.3022f, 8.6707f, 8.5655f,
     9.0520f, 8.3074f, 8.6210f, 9.3231f, 9.7574f, 9.5228f, 9.1010f, 9.1777f, 9.6946f, 9.8251f,
     10.7135f, 10.4223f, 9.5635f, 10.4661f, 10.5477f, 10.7079f, 11.0227f, 10.8729f, 10.3714f, 10.3800f},
    {9.3577f, 7.6720f, 9.2644f, 9.4319f, 7.5731f, 9.5166f, 9.2247f, 8.7138f, 16.5047f, 17.2659f,
     13.1883f, 9.2768f, 9.4463f, 9.1192f, 9.3901f, 9.4894f, 9.6345f, 9.9059f, 9.9877f, 10.0043f,
     10.0555f, 10.4052f, 10.6995f, 11.2686f, 11.4920f, 12.0430f, 15.3827f, 21.1849f, 21.8124f, 18.3509f,
     12.2809f, 11.5370f, 11.0650f, 10.8111f, 11.4144f, 10.8466f, 11.1372f, 10.9960f, 10.5770f, 10.8990f},
    {9.0855f, 8.4117f, 9.3854f, 9.0883f, 8.6604f, 9.8155f, 9.1886f, 9.7698f, 17.7720f, 18.5248f,
     14.4058f, 9.4727f, 9.3158f, 8.5551f, 9.2472f, 9.2224f, 8.7007f, 9.0201f, 9.1039f, 9.1892f,
     9.0628f, 9.3663f, 9.4764f, 9.8568f, 9.3979f, 9.6934f, 9.8177f, 10.6940f, 9.9969f, 10.9773f,
     10.2646f, 10.7105f, 11.3650f, 11.0255f, 11.6817f, 12.0665f, 16.3071f, 22.2155f, 21.6035f, 13.2852f},
};

static const float reference_cepstra[REFERENCE_ROWS][REFERENCE_CEPSTRA] = {
    {69.8921f, 25.7360f, 50.5645f, 25.7115f, -2.6219f, -26.8219f, -46.1826f, -47.9774f, -44.1892f, -23.8824f,
     -9.6470f, -1.7979f, -11.7572f},
    {72.4519f, -18.1487f, -11.1091f, 31.8379f, -73.5906f, -29.4440f, 35.7044f, -43.5382f, 62.9777f, 73.8756f,
     -34.4307f, 30.6025f, -28.1486f},
    {70.3290f, -18.9838f, 36.9337f, -49.7647f, -6.6981f, -68.9261f, 9.2833f, 1.1121f, 55.2348f, 49.4160f,
     14.1973f, 10.1758f, -61.4715f},
};

#endif
