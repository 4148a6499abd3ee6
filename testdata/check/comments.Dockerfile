#= above an instruction
#! 4 SudoInRun: a step asks for root by `sudo`
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRun
RUN sudo a
RUN sudo a
#= several rules and groups, and other words
# rdf: update=minor ignore=UnpinnedSource,LatestTag
FROM alpine
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
#! 3 unknown-rule: there is no rule `SudoInRunn` (did you mean `SudoInRun`?)
FROM alpine@sha256:0000000000000000000000000000000000000000000000000000000000000000
# rdf: ignore=SudoInRunn
RUN sudo a
