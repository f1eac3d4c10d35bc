#!/bin/bash
#SBATCH --job-name=naclip-archive --requeue --open-mode=append
# Does the tasks of naclip-archive as a job array of Slurm.
#
#   pipelines/archive-slurm.sh TASKS [option of sbatch]...
#
#   AT_ONCE=50 pipelines/archive-slurm.sh archive --partition=long --time=8:00:00 --cpus-per-task=8 --mem=8G
#   pipelines/archive-slurm.sh archive --gres=gpu:1 --cpus-per-task=4
#
# TASKS is the file tasks.jsonl or its folder, which has the same path on all nodes. Submits itself as an array of JOBS
# jobs: one a task, at most as many as Slurm takes; a job does each JOBS-th task, STREAMS of them at once (2) on one model.
# At most AT_ONCE jobs run. What they print goes to the folder slurm beside tasks.jsonl. What was not done, the same
# command does later.
#
# Slurm runs a job again whose node died or that made room for another. The job itself asks for that after any status but:
#   0   all is done
#   65  all is done but bad input, which stays so: the job's state is FAILED, its exit code 65
#   78  wrong settings, with which every task fails: the array is cancelled
# It asks until it was run again RETRIES times (10), whatever for.
set -uo pipefail

if [ "${1:-}" != --job ]; then
  . "$(dirname "$0")/environment.sh"
  [ $# -ge 1 ] || { sed -n '3,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
  command -v sbatch >/dev/null || { echo "archive-slurm.sh: there is no sbatch: is this a machine of the cluster?" >&2; exit 1; }
  find_tasks "$1" || exit 1
  shift
  most=$(scontrol show config | sed -n 's/^MaxArraySize *= *//p')
  [ -n "$most" ] || { echo "archive-slurm.sh: Slurm does not answer, see above" >&2; exit 1; }
  most=${JOBS:-$most}
  jobs=$((count < most ? count : most))
  logs=$(dirname "$tasks")/slurm
  mkdir -p "$logs" || exit 1
  exec sbatch --array="0-$((jobs - 1))${AT_ONCE:+%$AT_ONCE}" --output="$logs/%a.log" "$@" "$0" --job "$tasks" "$jobs"
fi

echo "job ${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID on $SLURMD_NODENAME, run again ${SLURM_RESTART_COUNT:-0} times"
naclip-archive run "$2" --part "$SLURM_ARRAY_TASK_ID/$3" --streams "${STREAMS:-2}"
status=$?
case $status in
  0 | 65) ;;
  78) scancel "$SLURM_ARRAY_JOB_ID" ;;
  *)
    if [ "${SLURM_RESTART_COUNT:-0}" -lt "${RETRIES:-10}" ]; then
      scontrol requeue "$SLURM_JOB_ID"
    else
      echo "status $status again: given up" >&2
    fi
    ;;
esac
exit "$status"
