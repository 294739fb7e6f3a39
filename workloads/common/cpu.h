/*
 * cpu.h - what a thread does between two looks at what another one is about to write.
 */
#ifndef WORKLOADS_CPU_H
#define WORKLOADS_CPU_H

/* Some tens of cycles, in which the core leaves its other thread, or its power, alone. */
static inline void cpu_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) /* yield does nothing on most cores */
    __asm__ volatile("isb" ::: "memory");
#elif defined(__riscv)     /* pause, of Zihintpause: a hint that other cores take for a fence */
    __asm__ volatile(".4byte 0x0100000f" ::: "memory");
#endif
}

#endif
