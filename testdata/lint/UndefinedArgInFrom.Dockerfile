#= no ARG declares it
#! 1 UndefinedArgInFrom: FROM argument 'VARIANT' is not declared
FROM alpine${VARIANT}

#= a near name
#! 2 UndefinedArgInFrom: FROM argument 'VERSOIN' is not declared (did you mean VERSION?)
ARG VERSION=3.20
FROM alpine:${VERSOIN:-3.19}

#= in the platform
#! 1 UndefinedArgInFrom: FROM argument 'BUILDPLATFROM' is not declared (did you mean BUILDPLATFORM?)
FROM --platform=${BUILDPLATFROM:-linux/amd64} alpine

#= in a word that cannot be expanded
#! 1 UndefinedArgInFrom: FROM argument 'BASE' is not declared
#? error failed to process "${BASE:=alpine}": unsupported modifier (:=) in substitution
FROM ${BASE:=alpine}

#= required, and not there
#! 1 UndefinedArgInFrom: FROM argument 'BASE' is not declared
#? error failed to process "${BASE:?missing}": BASE: missing
FROM ${BASE:?missing}

#= in a platform that cannot be expanded
#! 1 UndefinedArgInFrom: FROM argument 'P' is not declared
#? error failed to process arguments for platform : failed to process "${P:?none}": P: none
FROM --platform=${P:?none} alpine

#= declared, without a value
ARG VARIANT
FROM alpine${VARIANT}

#= a stage's own argument does not count
#! 3 UndefinedArgInFrom: FROM argument 'VARIANT' is not declared
FROM alpine AS a
ARG VARIANT=x
FROM alpine${VARIANT}
