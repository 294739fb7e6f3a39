# shared.mk - for the Makefiles of what links the shared library: where it is, and how it is made.
.DEFAULT_GOAL := all
SHARED := ../build/shared/libshared.a

$(SHARED): $(wildcard ../shared/*.[ch]) ../shared/Makefile
	@$(MAKE) -s -C ../shared
