/*
 * witness_lines.h - what libwitness.so tells of each process that it was loaded into.
 *
 * A line per event, appended to the file that the environment names by one write(2), fields parted
 * by blanks ("-": none):
 *
 *   program PID CLOCK-NS PATH
 *   start PID HAKMEM-VERSION BYPASS OBJECT
 *   end PID PEAK-BYTES BYTES THRESHOLD EXHAUSTION MAPFAIL
 *
 * PATH is the program's (the first two come together), OBJECT that of what resolves malloc in that
 * process; the clock is the monotonic one; bytes are anonymous resident memory.
 * A process that becomes another by exec starts twice, and the last counts. One that forked without
 * exec has no start of its own, and is bound as its parent; one that is killed or calls _exit has
 * no end.
 */
#ifndef WORKLOADS_PROGRAMS_WITNESS_LINES_H
#define WORKLOADS_PROGRAMS_WITNESS_LINES_H

#define WITNESS_FILE_VARIABLE "PROGRAM_WITNESS"

enum { WITNESS_PATH_BYTES = 1024 }; /* a longer path is cut off */

#endif
