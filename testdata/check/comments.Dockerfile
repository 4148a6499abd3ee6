#= above an instruction
#! 4 ConsecutiveRun: two steps that follow each other could be one
#! 4 SudoInRun: a step asks for root by `sudo`
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRun
RUN sudo a
RUN sudo a
#= several rules and groups, and other words
# rdf: update=minor ignore=UnpinnedSource
FROM alpine:3
# rdf: ignore=rdf
RUN sudo a | b
# rdf: ignore=all
RUN sudo a | b
#= between the lines
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
RUN sudo a \
  # rdf: ignore=SudoInRun
  b
#= a rule that there is not
#! 3 SudoInRun: a step asks for root by `sudo`
#! 2 unknown-rule: unknown rule `SudoInRunn` (did you mean `SudoInRun`?)
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRunn
RUN sudo a
#= a blank behind a comma
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRun, PipeWithoutPipefail
RUN sudo a | b
#= for the whole file
#! 4 ConsecutiveRun: two steps that follow each other could be one
# rdf: ignore-file=SudoInRun -- the image is for tests
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
RUN sudo a
RUN sudo a
#= at the end of the file
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
RUN sudo a
# rdf: ignore-file=SudoInRun
#= without an equals sign
#! 2 invalid-comment: `ignore` has no rules: write `ignore=RULE`
#! 3 SudoInRun: a step asks for root by `sudo`
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore SudoInRun
RUN sudo a
#= with an end that has not come, and a reason
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRun until=2026-12-31 reason="no user = no step"
RUN sudo a
#= with an end that has come
#! 2 expired-ignore: the comment suppresses nothing since 2026-10-31
#! 3 SudoInRun: a step asks for root by `sudo`
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRun until=2026-10-31
RUN sudo a
#= that suppresses nothing
#! 2 unused-ignore: `SudoInRun` is ignored, and there is nothing to ignore
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRun
RUN a
#= text of a heredoc is no comment
#! 2-6 SudoInRun: a step asks for root by `sudo`
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
RUN <<EOF
set -e
# rdf: ignore=SudoInRun
sudo a
EOF
#= in the words of hadolint
#! 6 ConsecutiveRun: two steps that follow each other could be one
# hadolint global ignore=DL4006
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# hadolint ignore=DL3004, DL9999 and why
RUN sudo a | b
# rdf: ignore=DL3004
RUN sudo a
#= what is kept of a recorded step
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: keep=ids,logs
RUN true
