#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { PIECES = 1024 };

long clinux_ptrace(int request, pid_t thread, uintptr_t address, uintptr_t data)
{
    return ptrace(request, thread, (void *)address, (void *)data);
}

ssize_t clinux_read_memory(pid_t process, uint64_t address, void *buffer, size_t size)
{
    struct iovec local = {buffer, size};
    struct iovec remote = {(void *)(uintptr_t)address, size};
    return process_vm_readv(process, &local, 1, &remote, 1, 0);
}

ssize_t clinux_gather_memory(
    pid_t process, const uint64_t *addresses, size_t count, size_t size, void *buffer)
{
    struct iovec remote[PIECES];
    if (count > PIECES) {
        errno = EINVAL;
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        remote[i].iov_base = (void *)(uintptr_t)addresses[i];
        remote[i].iov_len = size;
    }
    struct iovec local = {buffer, count * size};
    return process_vm_readv(process, &local, 1, remote, count, 0);
}

int clinux_stop_status(pid_t thread)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)thread, &info, WSTOPPED | WNOHANG | __WALL) != 0) return -1;
    return info.si_pid == 0 ? 0 : info.si_status;
}

void clinux_forget_thread(pid_t thread)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)thread, &info, WEXITED | WNOHANG | __WALL);
}

int clinux_own_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0) return -1;
    return mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL);
}

int clinux_mount_memory(const char *path, const char *options)
{
    return mount("lapidary", path, "tmpfs", MS_NOSUID | MS_NODEV, options);
}

int clinux_unmount(const char *path)
{
    return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}
