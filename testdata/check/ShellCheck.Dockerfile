#= words of scripts are found
#! 2 SC2086: `$W` stands here.
#! 3 SC2086: `$W` stands here.
#? shellcheck $W
FROM x:1
RUN a $W
CMD b $W
HEALTHCHECK NONE
#= arrays are no scripts
#? shellcheck $W
FROM x:1
CMD ["a", "$W"]
HEALTHCHECK NONE
#= other shells are not looked at
#? shellcheck $W
FROM x:1
SHELL ["zsh", "-c"]
RUN a $W
HEALTHCHECK NONE
#= comments suppress a code
#! 10 SC2086: `$W` stands here.
#? shellcheck $W
FROM x:1
# hadolint ignore=DL3008,SC2086
RUN a $W
# shellcheck disable=SC2046,SC2086
RUN b $W
RUN c \
  # rdf: ignore=SC2086
  $W
# shellcheck disable=SC2046
RUN d $W
# rdf: ignore=ShellCheck
RUN e $W
HEALTHCHECK NONE
#= nothing is there without a program
FROM x:1
# rdf: ignore=SC2086
RUN a $W
HEALTHCHECK NONE
#= triggers are scripts
#! 2-4 SC2086: `$W` stands here.
#! 5 SC2086: `$W` stands here.
#! 6-9 SC2086: `$W` stands here.
#? shellcheck $W
FROM x:1
ONBUILD RUN a && \
  # b
  c $W
onbuild CMD a $W
ONBUILD RUN <<-E
	a
	b $W
	E
# rdf: ignore=SC2086
ONBUILD RUN a $W
HEALTHCHECK NONE
