/* Models of nets that label scenes. */
#include "fuzz_data.h"

#include "scene/scene_net.h"

/* No claim of a small file may take much. */
static void *allocate(void *user, size_t alignment, size_t bytes)
{
    (void)user;
    return bytes < (size_t)64 << 20 ? aligned_alloc(alignment, bytes) : NULL;
}

static void release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static hm_context *context;
    hm_scene_net *net;
    hm_error error = {0};
    const hm_context_config config = {.n_threads = 1, .allocator = {allocate, release, NULL}};
    if (!context)
        EXPECT(hm_context_create(&config, &context, NULL) == HM_OK);
    const char *path = fuzz_file(bytes, n);
    hm_status status = hm_scene_net_load(context, path, &net, &error);
    EXPECT((status == HM_OK) == (net != NULL) && (status == HM_OK || error.message[0]));
    if (net)
        EXPECT(hm_scene_net_count_parameters(net) > 0 && hm_scene_net_reach(net) > 0);
    hm_scene_net_destroy(net);
    return 0;
}
