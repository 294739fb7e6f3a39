/*
 * front_gate_classifier.h - whose pointer is this?
 *
 * Answers for any address, in constant time and without reading memory that may not be mapped: it
 * looks at the page map only. (Under RLIMIT_AS, where windows are many and small, at their list.)
 * Lock-free. An address whose block was freed belongs to the tier that its slab still serves, or
 * to nobody.
 */
#ifndef HAK_FRONT_GATE_CLASSIFIER_H
#define HAK_FRONT_GATE_CLASSIFIER_H

#include "../slab/size_class.h"

/* The class byte of the address's page: HAK_CLASS_NONE for what is not hakmem's. */
unsigned classify_class(const void *pointer);

/* The tier that the address belongs to; POOL_NONE: foreign. */
hak_pool_id_t classify_ptr(const void *pointer);

#endif
