#!/bin/sh
# Ranks of mpirun: the same bytes for any number of them, checkpoints that others go on from, and what they tell when they differ.
set -eu
cd "${HARMONIUM_SOURCE_DIR:?}"
if grep -q 'HM_SANITIZE:STRING=.' "$HARMONIUM_BUILD_DIR/CMakeCache.txt"; then
    echo "skipped: MPI's own memory is not for the sanitizer"
    exit 77
fi
if ! command -v mpirun >/dev/null 2>&1 || ! "$HARMONIUM_PROGRAM" info | grep -q 'mpi *present'; then
    echo "skipped: no mpirun, or a build without MPI (Debian: libopenmpi-dev openmpi-bin)"
    exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_base_warn_component_unused=0
fail() { echo "FAILED: $*"; [ ! -f "$folder/error" ] || cat "$folder/error"; exit 1; }
train() { # train RANKS NAME OPTIONS...
    ranks=$1 name=$2
    shift 2
    timeout 120 mpirun -n "$ranks" "$HARMONIUM_PROGRAM" train digits --subset 500 --epochs 2 -o "$folder/$name.safetensors" --quiet --force "$@" \
        2>"$folder/error" || fail "$ranks ranks, $name"
}
alone() { # alone NAME OPTIONS...: the same by one process
    name=$1
    shift
    "$HARMONIUM_PROGRAM" train digits --subset 500 --epochs 2 -o "$folder/$name.safetensors" --quiet "$@" || fail "alone, $name"
}
same() { cmp "$folder/$1.safetensors" "$folder/$2.safetensors" || fail "$1 and $2 differ"; }

# A launch takes a second or two, so ./check makes some of them, and ./check --all all.
is_all() { [ "${HARMONIUM_ALL:-no}" = yes ]; }
is_all && all="1 2 3 4" || all="1 3"

pcd="--hidden 40 --learner pcd --chains 30 --sparsity-target 0.1 --steps 2"
alone pcd $pcd --shards 4
for ranks in $all; do
    train $ranks pcd$ranks $pcd
    same pcd pcd$ranks
done
alone cd --hidden 40 --batch-size 64 --shards 4
train 3 cd3 --hidden 40 --batch-size 64
same cd cd3
tempering="--hidden 20 --learner tempering --temperatures 5 --chains 10 --steps 2"
alone tempering $tempering --shards 4
train 3 tempering3 $tempering
same tempering tempering3
for ranks in 1 3; do
    train $ranks dbn$ranks --kind dbn --layers 784,30,20 --label-units "softmax 10" --up-down-epochs 1 --optimizer adam --validation 50 \
        --metrics "$folder/metrics$ranks.csv"
done
same dbn1 dbn3
for ranks in 1 3; do
    train $ranks net$ranks --from "$folder/dbn1.safetensors" --backprop-epochs 2 --backprop-dropout 0.2 --backprop-shards 5
done
same net1 net3
[ "$(wc -l <"$folder/metrics1.csv")" = "$(wc -l <"$folder/metrics3.csv")" ] || fail "metrics are told by one rank"

# Likelihoods: 600 cases are three blocks, ten chains of uneven parts; all but the seconds, to the last digit.
evaluate() { # evaluate COMMAND...
    timeout 120 "$@" --subset 600 --binarise threshold --partition ais --chains 10 --betas "200:1" --burn-in 20 --samples 2 --json --quiet \
        2>"$folder/error" | sed 's/, "seconds.*//'
}
value() { sed "s/.*\"$1\": \([-0-9.e]*\).*/\1/" "$folder/$2.json"; }
for model in cd dbn1; do
    evaluate "$HARMONIUM_PROGRAM" evaluate "$folder/$model.safetensors" digits >"$folder/alone.json"
    for ranks in $all; do
        evaluate mpirun -n $ranks "$HARMONIUM_PROGRAM" evaluate "$folder/$model.safetensors" digits >"$folder/$ranks.json"
        [ "$(wc -l <"$folder/$ranks.json")" = 1 ] || fail "one rank says how likely $model finds the data"
        cmp "$folder/1.json" "$folder/$ranks.json" || fail "$model evaluated by $ranks ranks"
    done
    for name in log_Z log_Z_reverse log_likelihood; do # they differ by how products of matrices are rounded
        echo "$(value $name 1) $(value $name alone)" |
            awk '{ d = $1 - $2; exit !(NF == 2 && d * d < 1e-6) }' || fail "$name of $model, by ranks and alone"
    done
done

# One of the processes that train a model.
rank_of() { pgrep -f "^$HARMONIUM_PROGRAM train .*$folder/$1" | tail -n 1; }

# Waits for the checkpoint of a model that $run trains. It is gone once training has ended, so an end is looked for as well.
await_checkpoint() {
    while [ ! -f "$folder/$1.safetensors.checkpoint" ]; do
        kill -0 $run 2>/dev/null || fail "$1 ended before it could be stopped"
        sleep 0.1
    done
}

# Stopped on two ranks, gone on with by three: as if nothing had been.
long="--hidden 60 --learner pcd --epochs 160 --batch-size 50 --steps 5"
timeout 120 mpirun -n 2 "$HARMONIUM_PROGRAM" train digits --subset 500 $long -o "$folder/long.safetensors" --quiet 2>"$folder/error" &
run=$!
await_checkpoint long
kill -INT "$(rank_of long)"
! wait $run || fail "a run that was stopped says so"
grep -q -- "go on with --resume" "$folder/error" || fail "what to do with a stopped run"
[ -f "$folder/long.safetensors.checkpoint" ] || fail "the checkpoint of a stopped run"
timeout 120 mpirun -n 3 "$HARMONIUM_PROGRAM" train digits --subset 500 $long -o "$folder/long.safetensors" --quiet --resume 2>"$folder/error" ||
    fail "resuming on three ranks"
alone whole $long --shards 4
same whole long

# A rank that dies ends the run; what was saved is still there.
timeout 120 mpirun -n 2 "$HARMONIUM_PROGRAM" train digits --subset 500 $long -o "$folder/dead.safetensors" --quiet 2>"$folder/error" &
run=$!
await_checkpoint dead
kill -KILL "$(rank_of dead)"
! wait $run || fail "a run that lost a rank fails"
timeout 120 mpirun -n 2 "$HARMONIUM_PROGRAM" train digits --subset 500 $long -o "$folder/dead.safetensors" --quiet --resume 2>"$folder/error" ||
    fail "resuming after a rank has died"
same whole dead

refuses() { # refuses WORDS MPIRUN-ARGUMENTS...
    words=$1
    shift
    if timeout 60 mpirun "$@" >"$folder/out" 2>"$folder/error"; then
        fail "not refused: $*"
    fi
    grep -q -- "$words" "$folder/error" || fail "refused otherwise: $*"
}
rbm="train digits --hidden 10 --epochs 1 --quiet --force -o $folder/none.safetensors"
mkdir "$folder/here" "$folder/there"
printf '0,1,1,0\n1,1,0,0\n0,0,1,1\n0,1,0,1\n' | tee "$folder/here/cases.csv" | sed 2d >"$folder/there/cases.csv"
small="train cases.csv --hidden 3 --quiet -o $folder/none.safetensors --shards 2"
refuses "rank 1: .*no-such" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" train "$folder/no-such.npy" --hidden 10 -o "$folder/none.safetensors"
# A rank that does not come so far as to run: its own words, and no rank waits for it.
refuses "rank 1: .*no-such.ini" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" train "$folder/no-such.ini" -o "$folder/none.safetensors"
refuses "no-such.ini" -n 1 "$HARMONIUM_PROGRAM" train "$folder/no-such.ini" -o "$folder/none.safetensors" : -n 1 "$HARMONIUM_PROGRAM" $rbm
refuses "rank 1: .*hiden" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" train digits --hiden 3 -o "$folder/none.safetensors"
refuses "another rank does not run" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" train --help
refuses "another rank does not run" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" $rbm --backend abacus
refuses "rank 1 has another training set" -n 1 -wdir "$folder/here" "$HARMONIUM_PROGRAM" $small : -n 1 -wdir "$folder/there" "$HARMONIUM_PROGRAM" $small
! ls "$folder"/none.safetensors* 2>/dev/null || fail "a refused run leaves nothing"
is_all || exit 0
refuses "another recipe" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" $rbm --momentum 0.1
refuses "another seed" -n 1 "$HARMONIUM_PROGRAM" $rbm : -n 1 "$HARMONIUM_PROGRAM" $rbm --seed 9
refuses "2 ranks cannot share" -n 2 "$HARMONIUM_PROGRAM" $rbm --shards 1
refuses "cannot be cut into so many" -n 2 "$HARMONIUM_PROGRAM" $rbm --batch-size 3
refuses "the 3 cases or persistent chains" -n 2 "$HARMONIUM_PROGRAM" $rbm --learner pcd --chains 3
refuses "needs whole mini-batches" -n 2 "$HARMONIUM_PROGRAM" $rbm --learner trajectory
refuses "is for one process" -n 2 "$HARMONIUM_PROGRAM" info
likely="evaluate $folder/cd.safetensors digits --partition none --subset"
refuses "rank 1 has another set of cases" -n 1 "$HARMONIUM_PROGRAM" $likely 50 : -n 1 "$HARMONIUM_PROGRAM" $likely 60
refuses "rank 1 has another model" -n 1 "$HARMONIUM_PROGRAM" $likely 50 : \
    -n 1 "$HARMONIUM_PROGRAM" evaluate "$folder/pcd.safetensors" digits --partition none --subset 50
! ls "$folder"/none.safetensors* 2>/dev/null || fail "a refused run leaves nothing"
