/*
 * canary.h - fixed work, by whose time the lab sees what the machine is like at the moment.
 *
 * Each takes milliseconds, and allocates nothing that a measured process would see. One thread.
 */
#ifndef LAB_CANARY_H
#define LAB_CANARY_H

/* About a millisecond of dependent arithmetic, which touches no memory. */
double canary_ns(void);

/* What a load takes that misses the core's own caches, and is in the one that cores share: the mean
 * of a chain through CANARY_CACHE_BYTES, in random order, that was read just before. In an unshared
 * last cache 10 to 40 ns; as slow as memory (80 ns and more) where the cache is smaller, or others
 * fill it: other programs, or other virtual machines, which no load average and no stolen time
 * tell. Allocators differ in how much of it they need, and so in how much that costs them. */
double canary_cache_ns(void);

enum { CANARY_CACHE_BYTES = 4 << 20 };

#endif
