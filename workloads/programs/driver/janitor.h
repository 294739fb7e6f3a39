/*
 * janitor.h - nothing is left behind by bin/program, however it ends.
 *
 * A process of its own, in a session of its own, sleeps until the driver has ended - done, dead or
 * killed - and then kills every process whose current folder lies in the work folder, and removes
 * the folder. By the folder, since servers leave their process group, change their user and
 * overwrite their environment; that they leave a folder in which their files are, none does.
 */
#ifndef WORKLOADS_PROGRAMS_JANITOR_H
#define WORKLOADS_PROGRAMS_JANITOR_H

/* Makes the work folder, and the janitor for it. Returns the folder's path. */
const char *janitor_start(void);

/* For a driver that is done: waits until all is clean. The number of processes that were killed. */
int janitor_finish(void);

#endif
