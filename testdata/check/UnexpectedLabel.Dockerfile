#= a label is not in the list
#! 2 UnexpectedLabel: label `org.example.aa` is not asked for
#! 3 UnexpectedLabel: label `b` is not asked for
#? labels org.example.a=text
#? strict labels
FROM x:1
LABEL org.example.a=1 org.example.aa=2
LABEL b=1 $C=2
HEALTHCHECK NONE
#= labels may be more
#? labels org.example.a=text
FROM x:1
LABEL org.example.a=1 b=2
HEALTHCHECK NONE
