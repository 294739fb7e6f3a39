/* program.c - see program.h. */
#include "program.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* A script may name a script as its interpreter; the kernel goes on for so many. */
enum { SCRIPTS_MOST = 5 };

typedef struct file {
    bool is_elf, is_ours; /* ours: of this machine */
    bool has_loader;
    char name[PATH_MAX]; /* the loader of a dynamic program, the interpreter of a script, or "" */
} file_t;

char *program_find(const char *name) {
    const char *path = getenv("PATH");
    char *out = NULL;
    if (strchr(name, '/') != NULL)
        return access(name, F_OK) == 0 ? strdup(name) : NULL;
    char *folders = strdup(path != NULL ? path : "/bin:/usr/bin"), *rest = folders;
    for (char *folder; out == NULL && (folder = strsep(&rest, ":")) != NULL;) {
        struct stat status;
        char *file;
        if (asprintf(&file, "%s%s%s", folder, *folder == '\0' ? "" : "/", name) < 0)
            break;
        if (stat(file, &status) == 0 && S_ISREG(status.st_mode) && access(file, X_OK) == 0)
            out = file;
        else
            free(file);
    }
    free(folders);
    return out;
}

/* As the kernel reads it: the first word behind "#!". */
static void read_script(int fd, file_t *out) {
    char line[256] = "";
    ssize_t length = pread(fd, line, sizeof line - 1, 0);
    if (length < 2 || line[0] != '#' || line[1] != '!')
        return;
    line[length] = '\0';
    char *start = line + 2 + strspn(line + 2, " \t");
    start[strcspn(start, " \t\n")] = '\0';
    snprintf(out->name, sizeof out->name, "%s", start);
}

/* Whether the headers of the file could be read whole. */
static bool read_elf(int fd, const ElfW(Ehdr) * head, file_t *out) {
    for (unsigned i = 0; i < head->e_phnum; i++) {
        ElfW(Phdr) part;
        off_t at = (off_t)(head->e_phoff + (size_t)i * sizeof part);
        if (pread(fd, &part, sizeof part, at) != (ssize_t)sizeof part)
            return false;
        if (part.p_type != PT_INTERP)
            continue;
        size_t bytes = part.p_filesz < sizeof out->name ? part.p_filesz : sizeof out->name - 1;
        out->has_loader = pread(fd, out->name, bytes, (off_t)part.p_offset) == (ssize_t)bytes;
        return out->has_loader;
    }
    return true;
}

static bool read_head(int fd, ElfW(Ehdr) * head) {
    return pread(fd, head, sizeof *head, 0) == (ssize_t)sizeof *head &&
           memcmp(head->e_ident, ELFMAG, SELFMAG) == 0;
}

/* false: it cannot be told. */
static bool read_file(const char *path, const ElfW(Ehdr) * own, file_t *out) {
    ElfW(Ehdr) head;
    bool good = true;
    *out = (file_t){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    out->is_elf = read_head(fd, &head);
    out->is_ours = out->is_elf && head.e_ident[EI_CLASS] == own->e_ident[EI_CLASS] &&
                   head.e_machine == own->e_machine;
    if (out->is_ours)
        good = read_elf(fd, &head, out);
    else if (!out->is_elf)
        read_script(fd, out);
    close(fd);
    return good;
}

/* The kernel gives the program rights that its user has not, and tells the loader so. */
static const char *trouble_of_rights(const char *path) {
    struct stat status;
    struct statvfs system;
    if (stat(path, &status) != 0 || statvfs(path, &system) != 0 ||
        (system.f_flag & ST_NOSUID) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return NULL;
    if ((status.st_mode & S_ISUID) != 0 && status.st_uid != getuid())
        return "it is set-user-id, and the loader preloads nothing into it";
    if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 &&
        status.st_gid != getgid())
        return "it is set-group-id, and the loader preloads nothing into it";
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "it has capabilities, and the loader preloads nothing into it";
    return NULL;
}

static const char *base(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static const char *trouble_of_elf(const file_t *file, const file_t *own) {
    if (!file->is_ours)
        return "it is for another kind of machine than the library";
    if (!file->has_loader)
        return "it is a static program, and there is no loader that could preload anything";
    if (strcmp(base(file->name), base(own->name)) != 0)
        return "it uses another C library than the one that hakmem was made for";
    return NULL;
}

const char *program_trouble(const char *path) {
    static file_t own, file;
    ElfW(Ehdr) head = {0};
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    bool known = fd >= 0 && read_head(fd, &head);
    close(fd);
    if (!known || !read_file("/proc/self/exe", &head, &own))
        return NULL;
    char at[PATH_MAX];
    snprintf(at, sizeof at, "%s", path);
    for (unsigned i = 0; i < SCRIPTS_MOST; i++) {
        if (!read_file(at, &head, &file))
            return trouble_of_rights(at);
        if (file.is_elf) {
            const char *trouble = trouble_of_rights(at);
            return trouble != NULL ? trouble : trouble_of_elf(&file, &own);
        }
        if (file.name[0] == '\0')
            return NULL; /* the shell's, or nothing that runs */
        memcpy(at, file.name, sizeof at);
    }
    return NULL;
}
