#= scratch
#! 1 ReservedStageName: Stage name should not use the same name as reserved stage "scratch"
FROM alpine AS scratch

#= context
#! 1 ReservedStageName: Stage name should not use the same name as reserved stage "context"
FROM alpine AS context

#= names that only hold it
FROM alpine AS from-scratch

#= scratch as a base
FROM scratch
