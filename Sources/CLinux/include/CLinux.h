#ifndef LAPIDARY_CLINUX_H
#define LAPIDARY_CLINUX_H

// The few system calls that Swift cannot call by itself; all policy is in Swift.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ptrace(2), which is variadic in the C library: Swift cannot call variadic functions.
// Returns what the system call returns; errno tells why it is -1.
long clinux_ptrace(int request, pid_t thread, uintptr_t address, uintptr_t data);

// process_vm_readv(2) of one piece of memory. Returns the bytes read, or -1 and errno.
ssize_t clinux_read_memory(pid_t process, uint64_t address, void *buffer, size_t size);

// process_vm_readv(2) of many pieces of one size, packed one after the other; `count` is at most
// IOV_MAX (1024). Returns the bytes read, or -1 and errno.
ssize_t clinux_gather_memory(
    pid_t process, const uint64_t *addresses, size_t count, size_t size, void *buffer);

// Whether a traced thread has stopped, by waitid(2); takes no news of its end away from others.
// Returns its status (the signal, and the ptrace event above it), 0 while it runs, or -1 and errno.
int clinux_stop_status(pid_t thread);

// Takes note of the end of a traced thread, which is a zombie as long as nobody does.
void clinux_forget_thread(pid_t thread);

// Gives this process mounts of its own, by unshare(2) and mount(2), which Glibc's module leaves out:
// what the machine mounts is still seen, and nothing of ours by the machine. -1 and errno else.
int clinux_own_mounts(void);

// Mounts a tmpfs(5) that no program gets privileges or devices from. -1 and errno for a failure.
int clinux_mount_memory(const char *path, const char *options);

// Unmounts, at the latest when nobody uses it any more. -1 and errno for a failure.
int clinux_unmount(const char *path);

#endif
