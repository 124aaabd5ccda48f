/* Counts the calls of malloc_trim in a process, and says so when it ends:
 *
 *     gcc -shared -fPIC -O2 -o count_trims.so count_trims.c
 *     LD_PRELOAD=$PWD/count_trims.so ruby program.rb
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

static int calls;

int
malloc_trim(size_t pad)
{
    int (*const trim)(size_t) = (int (*)(size_t))dlsym(RTLD_NEXT, "malloc_trim");
    __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
    return trim(pad);
}

__attribute__((destructor)) static void
say(void)
{
    fprintf(stderr, "malloc_trim calls: %d\n", calls);
}
