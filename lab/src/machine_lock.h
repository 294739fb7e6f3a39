/*
 * machine_lock.h - one run at a time on a machine, whoever started it and wherever it writes to:
 * two at once would measure each other.
 *
 * The lock is an flock() on a file that all users share, so the kernel gives it back when the
 * process ends, however that happens. The file lies in a folder where everybody may write, so it is
 * trusted with nothing: a link, a pipe or a folder of that name is not opened, nothing is read from
 * it but a line for people, which is shown only when it is plain text, and a file of somebody
 * else's is locked as well as one's own. Where no lock can be had, the run goes on, and says so.
 */
#ifndef LAB_MACHINE_LOCK_H
#define LAB_MACHINE_LOCK_H

#define MACHINE_LOCK_PATH "/tmp/hakmem-machine.lock"

/* Holds the lock until this process ends. While another run has it, waits, having said which one
 * that is; Ctrl-C ends the program (after launch_catch_signals). `folder`: this run's, for those
 * that will wait for it. */
void machine_lock_take(const char *path, const char *folder);

#endif
