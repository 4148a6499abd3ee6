#= a name with capitals
#! 1 StageNameCasing: Stage name 'BuildBase' should be lowercase
FROM alpine AS BuildBase

#= lower case
FROM alpine AS build-base_2.1

#= all of them, with the directive above
# check=skip=StageNameCasing
FROM alpine AS BuildBase
