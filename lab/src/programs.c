/*
 * programs.c - scripts of whole programs are asked what they need. See programs.h.
 */
#include "programs.h"

#include "baselines.h"
#include "file.h"
#include "text.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static const char driver[] = "bin/program";
static const char parameter[] = "--program=";
static const char scripts[] = "workloads/programs";

char *program_script(const workload_t *workload) {
    bool is_whole = strcmp(workload->argv[0], driver) == 0; /* bin/startup has --program, too */
    for (size_t i = 1; is_whole && i < workload_own_words(workload); i++) {
        if (text_starts(workload->argv[i], parameter)) {
            return text_format("%s/%s.sh", scripts, workload->argv[i] + strlen(parameter));
        }
    }
    return NULL;
}

/* The real path of a program as the shell of a sample finds it; NULL: it is not there. */
static char *find_program(const char *name) {
    char *folders = text_copy(SAMPLE_PATH), *rest = NULL, *found = NULL;
    if (strchr(name, '/')) {
        return path_real(name);
    }
    for (char *folder = strtok_r(folders, ":", &rest); folder && !found;
         folder = strtok_r(NULL, ":", &rest)) {
        char *path = text_format("%s/%s", folder, name);
        found = file_exists(path) ? path_real(path) : NULL;
        free(path);
    }
    free(folders);
    return found;
}

/* What `need PROGRAM PACKAGE` lines of the script come to, as pairs in `out`. The shell tells, as
 * it runs the script's stage that does nothing: a line may hold variables. */
static void ask_needs(const char *root, const char *script, text_list_t *out) {
    char *path = text_format("%s/%s", root, script);
    const char *const argv[] = {"env",  "-i", "PATH=" SAMPLE_PATH,
                                "bash", "-c", "bash -x \"$0\" stages 2>&1 >/dev/null; true",
                                path,   NULL};
    char *trace = capture(argv), *rest = NULL;
    for (char *line = trace ? strtok_r(trace, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        char *words = NULL;
        const char *need = "+ need ";
        if (text_starts(line, need)) {
            const char *program = strtok_r(line + strlen(need), " ", &words);
            const char *package = strtok_r(NULL, " ", &words);
            if (program && package) {
                text_list_add(out, program);
                text_list_add(out, package);
            }
        }
    }
    free(trace);
    free(path);
}

void program_files(const char *root, const workload_t *workload, text_list_t *out) {
    char *script = program_script(workload);
    glob_t common;
    text_list_t needs = {0};
    if (!script) {
        return;
    }
    text_list_add(out, script);
    text_list_add(out, "bin/libwitness.so");
    if (glob(text_format("%s/%s/common/*.sh", root, scripts), 0, NULL, &common) == 0) {
        for (size_t i = 0; i < common.gl_pathc; i++) {
            text_list_add(out, common.gl_pathv[i] + strlen(root) + 1);
        }
        globfree(&common);
    }
    ask_needs(root, script, &needs);
    for (size_t i = 0; i + 1 < needs.count; i += 2) {
        char *path = find_program(needs.items[i]);
        if (path) {
            text_list_add(out, path);
        }
    }
}

json_t *programs_json(const char *root, const catalogue_t *workloads) {
    json_t *out = json_array();
    for (size_t w = 0; w < workloads->count; w++) {
        char *script = program_script(&workloads->items[w]);
        text_list_t needs = {0};
        if (script) {
            ask_needs(root, script, &needs);
        }
        for (size_t i = 0; i + 1 < needs.count; i += 2) {
            char *path = find_program(needs.items[i]);
            json_array_append_new(
                out, json_pack("{s:s, s:s, s:s*, s:s, s:s}", "workload", workloads->items[w].name,
                               "program", needs.items[i], "path", path, "package",
                               needs.items[i + 1], "version", package_version(needs.items[i + 1])));
        }
    }
    return out;
}

const char *programs_changed(const char *root, const catalogue_t *workloads,
                             const json_t *recorded) {
    json_t *now = programs_json(root, workloads);
    size_t i;
    json_t *row;
    json_array_foreach(now, i, row) {
        if (!json_equal(row, json_array_get(recorded, i))) {
            return json_string_value(json_object_get(row, "program"));
        }
    }
    return NULL;
}
