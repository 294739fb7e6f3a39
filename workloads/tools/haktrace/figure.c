/*
 * figure.c - see figure.h.
 */
#include "figure.h"

#include "shared/die.h"

#include <errno.h>
#include <libgen.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

FILE *figure_open(const char *folder, const char *name, const char *title, unsigned height,
                  char *path) {
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        die_errno("cannot make the folder %s", folder);
    int length = snprintf(path, FIGURE_PATH_BYTES, "%s/%s.gp", folder, name);
    if (length < 0 || length >= FIGURE_PATH_BYTES)
        die("%s: the name is too long", folder);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        die_errno("cannot create %s", path);
    fprintf(file,
            "# gnuplot %s.gp, in this folder, draws %s.svg.\n"
            "set encoding utf8\n"
            "set terminal svg size 900,%u dynamic noenhanced font 'DejaVu Sans,12' background "
            "'#ffffff'\n"
            "set output '%s.svg'\n"
            "set title \"%s\"\n"
            "set grid ytics lc rgb '#dddddd'\nset border 3\nset tics nomirror\n",
            name, name, height, name, title);
    return file;
}

void figure_draw(FILE *script, const char *folder, const char *path) {
    char copy[FIGURE_PATH_BYTES];
    if (fclose(script) != 0)
        die_errno("cannot write %s", path);
    snprintf(copy, sizeof copy, "%s", path);
    char *const arguments[] = {"gnuplot", basename(copy), NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    int error_code = posix_spawnp(&pid, "gnuplot", &actions, NULL, arguments, environ);
    if (error_code == ENOENT)
        die("gnuplot is needed to draw %s (Debian: gnuplot-nox); the script is there", path);
    if (error_code != 0)
        die("cannot start gnuplot: %s", strerrordesc_np(error_code));
    posix_spawn_file_actions_destroy(&actions);
    if (waitpid(pid, &status, 0) < 0 || status != 0)
        die("gnuplot could not draw %s", path);
}
