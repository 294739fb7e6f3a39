/*
 * nodes.h - how parts get to machines: Slurm, or GNU parallel.
 *
 *   slurm     one array job for each of the machines named (a feature of nodes), or one for all
 *             nodes: a node to itself for each part. It is not put into the queue again by Slurm
 *             if its node fails or it has to give way: its part is then missing, and --resume
 *             submits it. Partition, account and time limit are sbatch's own variables
 *             (SBATCH_PARTITION, SBATCH_ACCOUNT, SBATCH_TIMELIMIT). The jobs outlive the launcher
 *   parallel  one process of GNU parallel for each of the machines named, which are what its
 *             --sshlogin takes (":": this one): one part at a time on each host. If a host of
 *             several fails, another one gets the part. They end with the launcher
 */
#ifndef LAB_NODES_H
#define LAB_NODES_H

#include "distribution.h"

typedef struct nodes nodes_t;

/* Ends the program, naming the package, if the launcher's program is not there. */
nodes_t *nodes_open(launcher_t launcher);
/* Ends the program if a machine cannot be reached, or does not see the folder, as far as that can
 * be told before a job runs. */
void nodes_check(const nodes_t *nodes, const distribution_t *d);
/* Gives the parts of one machine out; what it becomes is noted in d->jobs. */
void nodes_submit(nodes_t *nodes, const char *root, distribution_t *d, size_t machine,
                  const size_t *parts, size_t count);
/* Is something of it waiting or running? */
bool nodes_busy(nodes_t *nodes, const distribution_t *d);
/* After Ctrl-C: ends what ends with the launcher, and says what does not. */
void nodes_leave(nodes_t *nodes, const distribution_t *d);

#endif
