/* Counts the calls of malloc_trim in a process, and says when it ends how many there
 * were, and how long the longest took in a thread of the program and in the helper of
 * the trim variant, which is called malloc_trim:
 *
 *     gcc -shared -fPIC -O2 -o count_trims.so count_trims.c
 *     LD_PRELOAD=$PWD/count_trims.so ruby program.rb
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

static struct {
    int calls;
    long long longest_ns;
} program, helper;

static long long
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int
malloc_trim(size_t pad)
{
    int (*const trim)(size_t) = (int (*)(size_t))dlsym(RTLD_NEXT, "malloc_trim");
    char name[16] = "";
    prctl(PR_GET_NAME, name);
    const int is_helper = strcmp(name, "malloc_trim") == 0;

    const long long start = now_ns();
    const int result = trim(pad);
    const long long time_ns = now_ns() - start;

    /* Each thread kind trims one at a time, but for GC.malloc_trim: near enough. */
    __atomic_add_fetch(is_helper ? &helper.calls : &program.calls, 1, __ATOMIC_SEQ_CST);
    long long *const longest = is_helper ? &helper.longest_ns : &program.longest_ns;
    if (time_ns > *longest) *longest = time_ns;
    return result;
}

__attribute__((destructor)) static void
say(void)
{
    fprintf(stderr, "malloc_trim calls: %d (%d in the program's threads, %.3f ms at most; %d in the helper, %.3f ms)\n",
            program.calls + helper.calls, program.calls, program.longest_ns / 1e6, helper.calls, helper.longest_ns / 1e6);
}
