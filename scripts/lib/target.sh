# shellcheck shell=bash
# Which engine a script works on: one that is offered, else one that is there, else one of our own.
#   RDF_E2E_ENGINE     a file of `export` lines, as `scripts/engine env` prints them
#   DOCKER_HOST        an engine; its client's settings are used as they are
#   RDF_E2E_REGISTRY   host:port of a registry that the engine and this machine both reach without TLS

ENGINE_STARTED='' # the name of the engine that take_engine started and leave_engine will stop; `none`: the registry

# told TEXT: which engine it is, once, not again by each script that is called from here
told() {
    [ -n "${RDF_ENGINE_TOLD:-}" ] || say "$1"
    export RDF_ENGINE_TOLD=yes
}

# take_engine [ENGINE]: afterwards `docker` is the client of the engine and RDF_E2E_REGISTRY is set.
take_engine() {
    local engine=${1:-newest} env_file
    if [ -n "${RDF_E2E_ENGINE:-}" ]; then
        [ -r "$RDF_E2E_ENGINE" ] || die "RDF_E2E_ENGINE names no readable file: $RDF_E2E_ENGINE"
        # shellcheck disable=SC1090
        . "$RDF_E2E_ENGINE"
        told "Using the engine of RDF_E2E_ENGINE: ${DOCKER_HOST:-default}"
    elif [ -n "${DOCKER_HOST:-}" ]; then
        told "Using the engine of DOCKER_HOST: $DOCKER_HOST"
    elif [ "$engine" = newest ] && ! engine_answers newest && have docker && docker info >/dev/null 2>&1 &&
        docker buildx version >/dev/null 2>&1; then
        told "Using the engine that this machine runs already"
    else
        env_file=$RDF_RUN/$engine/env
        engine_answers "$engine" || ENGINE_STARTED=$engine
        "$SCRIPTS/engine" up --engine "$engine" >/dev/null
        # shellcheck disable=SC1090
        . "$env_file"
    fi
    export RDF_ENGINE_TOLD=yes
    docker version >/dev/null 2>&1 || die "no engine answers at ${DOCKER_HOST:-default address of the client}"
    if [ -z "${RDF_E2E_REGISTRY:-}" ]; then
        # An engine without a registry of ours: one is started here, which a local engine reaches as localhost.
        [ -f "$RDF_RUN/registry-5000/users/none" ] || ENGINE_STARTED=none
        "$SCRIPTS/engine" up --engine none >/dev/null
        export RDF_E2E_REGISTRY=localhost:5000
    fi
}

# leave_engine: stops what take_engine started, and nothing else.
leave_engine() {
    [ -z "$ENGINE_STARTED" ] || "$SCRIPTS/engine" down --name "$ENGINE_STARTED"
    ENGINE_STARTED=''
}
