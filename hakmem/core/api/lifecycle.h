/* lifecycle.h - what makes a static link take lifecycle.c, which nobody calls, out of libhakmem.a:
 * a file that is always taken refers to this. */
#ifndef HAK_LIFECYCLE_H
#define HAK_LIFECYCLE_H

extern const char lifecycle_linked;

#endif
