/* Drives the policy of the trim variant without a Ruby, from many threads and in
 * children of fork, for ThreadSanitizer to watch. race.sh builds and runs it. */
#ifndef _GNU_SOURCE
# define _GNU_SOURCE
#endif
#include <stdio.h>
#include <sys/wait.h>

#define rb_warn(...) fprintf(stderr, __VA_ARGS__)
#include "gc_malloc_trim.h"

#define THREADS 8
#define BLOCKS 2000

static pthread_mutex_t vm_lock = PTHREAD_MUTEX_INITIALIZER; /* which a GC holds */
static void *blocks[THREADS][BLOCKS];
static bool is_over;

static void
require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "race: %s\n", what);
    _exit(1);
}

/* A Ruby thread: allocates, frees, and has a GC of some kind now and then. */
static void *
work(void *argument)
{
    const size_t number = (size_t)argument;
    unsigned int random = (unsigned int)number;

    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        for (int i = 0; i < BLOCKS; i++) {
            free(blocks[number][i]);
            random = random * 1103515245 + 12345;
            blocks[number][i] = malloc(100 + (random >> 8) % 20000);
        }
        pthread_mutex_lock(&vm_lock);
        gc_trim_after_sweep((random >> 16) % 4 == 0, (random >> 16) % 64 == 0);
        pthread_mutex_unlock(&vm_lock);
        if ((random >> 20) % 16 == 0) gc_trim_on_demand();
    }
    return NULL;
}

/* Waits until there have been more trims than these. */
static bool
is_trimmed_again(size_t trims)
{
    for (int i = 0; i < 1000 && GC_TRIM_LOAD(count) == trims; i++) usleep(10000);
    return GC_TRIM_LOAD(count) > trims;
}

static void
fork_and_trim(void)
{
    pthread_mutex_lock(&vm_lock);
    const pid_t pid = fork();
    if (pid == 0) {
        require(!gc_trim.is_running, "a child has its parent's helper");
        const size_t trims = GC_TRIM_LOAD(count);
        gc_trim_note_sweep(true);
        require(gc_trim.is_running, "a child has no helper");
        require(is_trimmed_again(trims), "the helper of a child does not trim");
        gc_trim_stop();
        _exit(0);
    }
    pthread_mutex_unlock(&vm_lock);
    int status;
    require(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "a child failed");
}

int
main(int argc, char **argv)
{
    const bool forks = argc > 1 && strcmp(argv[1], "fork") == 0;

    gc_trim_set_params();
    /* ThreadSanitizer's malloc is not the C library's, but that is not the point. */
    gc_trim.is_checked = gc_trim.is_ours = true;
    gc_trim.share = 0.2;
    gc_trim.idle_ms = 300;

    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < 20; i++) {
        usleep(100000);
        if (forks) fork_and_trim();
    }
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    require(GC_TRIM_LOAD(count) > 10, "there were hardly any trims");

    gc_trim_note_sweep(true);
    require(is_trimmed_again(GC_TRIM_LOAD(count)), "an idle process is not trimmed");
    const size_t trims = GC_TRIM_LOAD(count);
    sleep(1);
    require(trims == GC_TRIM_LOAD(count), "an idle process is trimmed again and again");
    gc_trim_stop();
    require(!gc_trim.is_running, "the helper does not stop");
    printf("%zu trims, %s\n", trims, forks ? "and 20 children" : "no child");
    return 0;
}
