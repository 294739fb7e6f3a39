/*
 * witness_lines.h - what libwitness.so tells of each process that it was loaded into.
 *
 * A line per event, appended to the file that the environment names by one write(2), fields parted
 * by blanks ("-": none):
 *
 *   start PID HAKMEM-VERSION BYPASS OBJECT
 *   end PID PEAK-BYTES BYTES THRESHOLD EXHAUSTION MAPFAIL
 *
 * OBJECT is the path of what resolves malloc in that process; bytes are anonymous resident memory.
 * A process that becomes another by exec starts twice, and the last counts. One that forked without
 * exec has no start of its own, and is bound as its parent; one that is killed or calls _exit has
 * no end.
 */
#ifndef WORKLOADS_PROGRAMS_WITNESS_LINES_H
#define WORKLOADS_PROGRAMS_WITNESS_LINES_H

#define WITNESS_FILE_VARIABLE "PROGRAM_WITNESS"

#endif
