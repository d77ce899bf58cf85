/* Directed acyclic graphs, drawn in layers: a node lies below its parents, and among its neighbours where its own are (Sugiyama,
 * Tagawa and Toda, 1981). As PNG or SVG. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <harmonium/show.h>

#include "base/alloc.h"
#include "base/check.h"
#include "base/fail.h"
#include "base/file.h"
#include "base/lines.h"
#include "base/number.h"
#include "show/canvas.h"

enum { GAP_X = 150, GAP_Y = 110, RADIUS_X = 62, RADIUS_Y = 26, SWEEPS = 8, NODES_MAX = 400, SHOWN_MAX = 256 };
static const uint32_t FULL = 0x0072b2; /* the shade of a node that is certainly on */

typedef struct place {
    size_t rank;
    double x, y, wish; /* wish: where its neighbours would have it */
} place;

typedef struct layout {
    const hm_context *context;
    const hm_graph_node *node;
    const hm_graph_edge *edge;
    size_t n, n_edges, n_ranks, widest;
    place *place;  /* [n] */
    size_t *order; /* [n] by rank, and from left to right */
} layout;

/* ---- Where nodes lie -------------------------------------------------------------------------------------------------- */

/* The longest way from a root; as many rounds as there are ranks. */
static void find_ranks(layout *l)
{
    bool is_changed = true;
    for (size_t round = 0; is_changed && round <= l->n; round++) {
        is_changed = false;
        for (size_t k = 0; k < l->n_edges; k++) {
            size_t wanted = l->place[l->edge[k].from].rank + 1;
            if (l->place[l->edge[k].to].rank >= wanted)
                continue;
            l->place[l->edge[k].to].rank = wanted;
            is_changed = true;
        }
    }
    for (size_t i = 0; i < l->n; i++)
        l->n_ranks = l->place[i].rank + 1 > l->n_ranks ? l->place[i].rank + 1 : l->n_ranks;
}

/* The nodes of a rank are spread evenly in the order of their wishes; insertion keeps ties as they were. */
static void spread(layout *l)
{
    for (size_t i = 1; i < l->n; i++) {
        size_t moved = l->order[i], k = i;
        const place *m = &l->place[moved];
        for (; k > 0; k--) {
            const place *other = &l->place[l->order[k - 1]];
            if (other->rank < m->rank || (other->rank == m->rank && other->wish <= m->wish))
                break;
            l->order[k] = l->order[k - 1];
        }
        l->order[k] = moved;
    }
    for (size_t i = 0, end; i < l->n; i = end) {
        for (end = i; end < l->n && l->place[l->order[end]].rank == l->place[l->order[i]].rank; end++)
            continue;
        l->widest = end - i > l->widest ? end - i : l->widest;
        for (size_t k = i; k < end; k++)
            l->place[l->order[k]].x = ((double)(k - i) + 0.5) / (double)(end - i);
    }
}

/* Wishes are the mean of the parents' places going down, of the children's going up. */
static void wish(layout *l, bool is_down)
{
    for (size_t i = 0; i < l->n; i++) {
        double sum = 0;
        size_t count = 0;
        for (size_t k = 0; k < l->n_edges; k++) {
            const hm_graph_edge *edge = &l->edge[k];
            if ((is_down ? edge->to : edge->from) != i)
                continue;
            sum += l->place[is_down ? edge->from : edge->to].x;
            count++;
        }
        l->place[i].wish = count ? sum / (double)count : l->place[i].x;
    }
}

static void lay_out(layout *l)
{
    find_ranks(l);
    for (size_t i = 0; i < l->n; i++) {
        l->order[i] = i;
        l->place[i].wish = (double)i;
    }
    spread(l);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        wish(l, sweep % 2 == 0);
        spread(l);
    }
    for (size_t i = 0; i < l->n; i++) {
        l->place[i].x *= (double)(l->widest * GAP_X);
        l->place[i].y = ((double)l->place[i].rank + 0.5) * GAP_Y;
    }
}

/* Where the line of an edge meets the rims of its two nodes. */
static void ends_of(const layout *l, const hm_graph_edge *edge, double *x0, double *y0, double *x1, double *y1)
{
    const place *a = &l->place[edge->from], *b = &l->place[edge->to];
    double dx = b->x - a->x, dy = b->y - a->y, length = hypot(dx / RADIUS_X, dy / RADIUS_Y);
    *x0 = a->x + dx / length;
    *y0 = a->y + dy / length;
    *x1 = b->x - dx / length * 1.12;
    *y1 = b->y - dy / length * 1.12;
}

/* White at 0, the full colour at 1. */
static uint32_t shade_of(double p)
{
    uint32_t colour = 0;
    for (int shift = 0; shift < 24; shift += 8)
        colour |= (uint32_t)lround(255 + p * ((double)(FULL >> shift & 255) - 255)) << shift;
    return colour;
}

/* ---- PNG --------------------------------------------------------------------------------------------------------------- */

#ifdef HM_HAVE_CAIRO
static void draw_edge(const layout *l, hm_canvas *canvas, const hm_graph_edge *edge)
{
    enum { HEAD = 9 };
    double x0, y0, x1, y1;
    ends_of(l, edge, &x0, &y0, &x1, &y1);
    double angle = atan2(y1 - y0, x1 - x0);
    hm_canvas_colour(canvas, 0x555555, 1);
    cairo_set_line_width(canvas->pen, 1.5);
    cairo_move_to(canvas->pen, x0, y0);
    cairo_line_to(canvas->pen, x1, y1);
    cairo_stroke(canvas->pen);
    cairo_move_to(canvas->pen, x1, y1);
    cairo_line_to(canvas->pen, x1 - HEAD * cos(angle - 0.4), y1 - HEAD * sin(angle - 0.4));
    cairo_line_to(canvas->pen, x1 - HEAD * cos(angle + 0.4), y1 - HEAD * sin(angle + 0.4));
    cairo_fill(canvas->pen);
}

static void ellipse(hm_canvas *canvas, const place *p, double grow)
{
    cairo_new_path(canvas->pen); /* text leaves a point behind */
    cairo_save(canvas->pen);
    cairo_translate(canvas->pen, p->x, p->y);
    cairo_scale(canvas->pen, RADIUS_X + grow, RADIUS_Y + grow);
    cairo_arc(canvas->pen, 0, 0, 1, 0, 6.283185307179586);
    cairo_restore(canvas->pen);
}

static void draw_node(const layout *l, hm_canvas *canvas, size_t i)
{
    const hm_graph_node *node = &l->node[i];
    const place *p = &l->place[i];
    uint32_t ink = node->shade > 0.55 ? 0xffffff : 0x000000;
    char number[32], shown[SHOWN_MAX];
    ellipse(canvas, p, 0);
    hm_canvas_colour(canvas, shade_of(node->shade), 1);
    cairo_fill_preserve(canvas->pen);
    hm_canvas_colour(canvas, 0x333333, 1);
    cairo_set_line_width(canvas->pen, 1.5);
    cairo_stroke(canvas->pen);
    if (node->is_marked) {
        ellipse(canvas, p, 4);
        cairo_stroke(canvas->pen);
    }
    hm_canvas_colour(canvas, ink, 1);
    hm_print(number, sizeof number, "%.4g", node->shade);
    hm_canvas_text(canvas, p->x, p->y - 6, 12, 0.5, hm_text_show(node->name, shown, sizeof shown));
    hm_canvas_text(canvas, p->x, p->y + 10, 11, 0.5, number);
}

static hm_status save_png(const layout *l, const char *path, hm_error *error)
{
    hm_canvas canvas;
    hm_image *image;
    hm_canvas_begin(&canvas, l->widest * GAP_X, l->n_ranks * GAP_Y);
    for (size_t k = 0; k < l->n_edges; k++)
        draw_edge(l, &canvas, &l->edge[k]);
    for (size_t i = 0; i < l->n; i++)
        draw_node(l, &canvas, i);
    hm_status status = hm_canvas_finish(&canvas, l->context, &image, error);
    if (status == HM_OK)
        status = hm_image_save_png(image, path, error);
    hm_image_destroy(image);
    return status;
}
#else
static hm_status save_png(const layout *l, const char *path, hm_error *error)
{
    (void)l;
    return hm_fail(error, HM_ERROR_UNSUPPORTED, "%s: this build draws no PNG graphs (it lacks cairo); take .svg", path);
}
#endif

/* ---- SVG --------------------------------------------------------------------------------------------------------------- */

/* A name may hold what XML reserves. */
static void write_text(hm_file_writer *writer, const char *text)
{
    char shown[SHOWN_MAX];
    for (const char *at = hm_text_show(text, shown, sizeof shown); *at; at++)
        hm_file_print(writer, strchr("<>&\"", *at) ? "&#%d;" : "%c", *at);
}

static void write_node(const layout *l, hm_file_writer *writer, size_t i)
{
    const hm_graph_node *node = &l->node[i];
    const place *p = &l->place[i];
    const char *ink = node->shade > 0.55 ? "#fff" : "#000";
    for (int ring = node->is_marked; ring >= 0; ring--)
        hm_file_print(writer, "<ellipse cx=\"%.1f\" cy=\"%.1f\" rx=\"%d\" ry=\"%d\" fill=\"#%06x\" stroke=\"#333\" "
                              "stroke-width=\"1.5\"/>\n",
                      p->x, p->y, RADIUS_X + 4 * ring, RADIUS_Y + 4 * ring, ring ? 0xffffffu : shade_of(node->shade));
    hm_file_print(writer, "<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\" font-size=\"12\">", p->x, p->y - 2, ink);
    write_text(writer, node->name);
    hm_file_print(writer, "</text>\n<text x=\"%.1f\" y=\"%.1f\" fill=\"%s\" font-size=\"11\">%.4g</text>\n", p->x, p->y + 14, ink,
                  node->shade);
}

static void write_svg(const layout *l, hm_file_writer *writer)
{
    hm_file_print(writer,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%zu\" height=\"%zu\" font-family=\"sans-serif\" "
                  "text-anchor=\"middle\">\n"
                  "<defs><marker id=\"head\" markerWidth=\"9\" markerHeight=\"8\" refX=\"8\" refY=\"4\" orient=\"auto\">"
                  "<path d=\"M0,0 L9,4 L0,8 z\" fill=\"#555\"/></marker></defs>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                  l->widest * GAP_X, l->n_ranks * GAP_Y);
    for (size_t k = 0; k < l->n_edges; k++) {
        double x0, y0, x1, y1;
        ends_of(l, &l->edge[k], &x0, &y0, &x1, &y1);
        hm_file_print(writer, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#555\" stroke-width=\"1.5\" "
                              "marker-end=\"url(#head)\"/>\n", x0, y0, x1, y1);
    }
    for (size_t i = 0; i < l->n; i++)
        write_node(l, writer, i);
    hm_file_print(writer, "</svg>\n");
}

/* ---- Text --------------------------------------------------------------------------------------------------------------- */

/* A string of Graphviz, where \" is a quote, \\ a backslash and \n a new line. Of other control bytes their number stands there, so
 * that two names remain two. */
static void write_quoted(hm_file_writer *writer, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        const char *format = c == '\n' ? "\\n" : c == '"' || c == '\\' ? "\\%c" : c < ' ' || c == 0x7f ? "\\\\x%02x" : "%c";
        hm_file_print(writer, format, c);
    }
}

/* For Graphviz: dot -Tpdf net.gv. */
static void write_gv(const layout *l, hm_file_writer *writer)
{
    hm_file_print(writer, "digraph net {\n    node [style=filled];\n");
    for (size_t i = 0; i < l->n; i++) {
        const hm_graph_node *node = &l->node[i];
        hm_file_print(writer, "    \"");
        write_quoted(writer, node->name);
        hm_file_print(writer, "\" [label=\"");
        write_quoted(writer, node->name);
        hm_file_print(writer, "\\n%.4g\", fillcolor=\"#%06x\", fontcolor=\"%s\", peripheries=%d];\n", node->shade, shade_of(node->shade),
                      node->shade > 0.55 ? "white" : "black", node->is_marked ? 2 : 1);
    }
    for (size_t k = 0; k < l->n_edges; k++) {
        hm_file_print(writer, "    \"");
        write_quoted(writer, l->node[l->edge[k].from].name);
        hm_file_print(writer, "\" -> \"");
        write_quoted(writer, l->node[l->edge[k].to].name);
        hm_file_print(writer, "\";\n");
    }
    hm_file_print(writer, "}\n");
}

static bool ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

static hm_status save_text(const layout *l, const char *path, hm_error *error)
{
    hm_file_writer writer;
    hm_status status = hm_file_create(&writer, path, error);
    if (status != HM_OK)
        return status;
    (ends_in(path, ".svg") ? write_svg : write_gv)(l, &writer);
    return hm_file_commit(&writer, error);
}

/* A line a node, indented by its rank, with what it hangs on. */
static void print_node(const layout *l, size_t i, FILE *stream)
{
    static const char *const shades[] = {" ", "\u2591", "\u2592", "\u2593", "\u2588"};
    const hm_graph_node *node = &l->node[i];
    const char *shade = shades[(int)(node->shade * 4 + 0.5)], *separator = "  \u2190 ";
    char shown[SHOWN_MAX];
    fprintf(stream, "%*s%s%s%s%s %s %.4g", (int)(4 * l->place[i].rank), "", node->is_marked ? "[" : "(", shade, shade,
            node->is_marked ? "]" : ")", hm_text_show(node->name, shown, sizeof shown), node->shade);
    for (size_t e = 0; e < l->n_edges; e++)
        if (l->edge[e].to == i) {
            fprintf(stream, "%s%s", separator, hm_text_show(l->node[l->edge[e].from].name, shown, sizeof shown));
            separator = ", ";
        }
    fputc('\n', stream);
}

/* ---- Any of them ---------------------------------------------------------------------------------------------------------- */

static hm_status begin_layout(layout *l, hm_error *error)
{
    if (l->n == 0 || l->n > NODES_MAX)
        return hm_fail(error, HM_ERROR_ARGUMENT, "a graph of %zu nodes is too %s to draw (at most %d)", l->n, l->n ? "large" : "small",
                       NODES_MAX);
    l->place = hm_alloc(l->context, l->n, sizeof *l->place, error);
    l->order = hm_alloc(l->context, l->n, sizeof *l->order, error);
    if (!l->place || !l->order)
        return HM_ERROR_MEMORY;
    lay_out(l);
    return HM_OK;
}

static void end_layout(layout *l)
{
    hm_free(l->context, l->place);
    hm_free(l->context, l->order);
}

static hm_status check_graph(const hm_graph_node *nodes, size_t n, const hm_graph_edge *edges, size_t n_edges, hm_error *error)
{
    HM_REQUIRE(n_edges ? HM_GIVEN(error, edges) : HM_OK);
    for (size_t i = 0; i < n; i++)
        HM_REQUIRE(HM_GIVEN(error, nodes[i].name));
    for (size_t k = 0; k < n_edges; k++) {
        HM_REQUIRE(hm_check_index("node", edges[k].from, n, error));
        HM_REQUIRE(hm_check_index("node", edges[k].to, n, error));
    }
    return HM_OK;
}

hm_status hm_graph_print(const hm_context *context, const hm_graph_node *nodes, size_t n, const hm_graph_edge *edges, size_t n_edges,
                         FILE *stream, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, nodes, stream));
    HM_REQUIRE(check_graph(nodes, n, edges, n_edges, error));
    layout l = {.context = context, .node = nodes, .edge = edges, .n = n, .n_edges = n_edges};
    hm_status status = begin_layout(&l, error);
    if (status == HM_OK)
        for (size_t k = 0; k < l.n; k++)
            print_node(&l, l.order[k], stream);
    end_layout(&l);
    return status;
}

hm_status hm_graph_draw(const hm_context *context, const hm_graph_node *nodes, size_t n, const hm_graph_edge *edges, size_t n_edges,
                        const char *path, hm_error *error)
{
    HM_REQUIRE(HM_GIVEN(error, context, nodes, path));
    HM_REQUIRE(check_graph(nodes, n, edges, n_edges, error));
    layout l = {.context = context, .node = nodes, .edge = edges, .n = n, .n_edges = n_edges};
    hm_status status = begin_layout(&l, error);
    if (status == HM_OK)
        status = ends_in(path, ".svg") || ends_in(path, ".gv") ? save_text(&l, path, error) : save_png(&l, path, error);
    end_layout(&l);
    return status;
}
