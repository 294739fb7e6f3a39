/* front_gate_classifier.c - see front_gate_classifier.h. */
#include "front_gate_classifier.h"

#include "../span/window.h"

unsigned classify_class(const void *pointer) {
    uintptr_t address = (uintptr_t)pointer;
    const hak_window_t *window = window_find(address);
    if (window == NULL) {
        return HAK_CLASS_NONE;
    }
    /* Relaxed: whoever holds a block got it after its page was marked. */
    return __atomic_load_n(&window->class_of[window_page_of(window, address)], __ATOMIC_RELAXED);
}

hak_pool_id_t classify_ptr(const void *pointer) {
    return class_pool(classify_class(pointer));
}
