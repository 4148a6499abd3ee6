#= all rules off
# check=skip=all
FROM alpine as A
cmd x

#= some rules off
#! 3 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
# check=skip=FromAsCasing,StageNameCasing
FROM alpine as A
CMD x

#= a blank ends the options
#! 2 StageNameCasing: Stage name 'A' should be lowercase
# check=skip=FromAsCasing, StageNameCasing
FROM alpine as A

#= findings fail the build
#? error lint violation found for rules: FromAsCasing, JSONArgsRecommended
#! 2 FromAsCasing: 'as' and 'FROM' keywords' casing do not match
#! 3 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
# check=error=true
FROM alpine as a
CMD x

#= a skipped finding fails nothing
# check=skip=FromAsCasing;error=true
FROM alpine as a

#= what is given replaces the directive
#? check skip=JSONArgsRecommended
#! 2 FromAsCasing: 'as' and 'FROM' keywords' casing do not match
# check=skip=FromAsCasing;error=true
FROM alpine as a
CMD x

#= a directive that cannot be read
#? error failed to parse check options: invalid check option "warn"
# check=warn=false
FROM alpine

#= a value that is none
#? error failed to parse check options: failed to parse check option "error=yes": strconv.ParseBool: parsing "yes": invalid syntax
# check=error=yes
FROM alpine

#= an option without a value
#? error failed to parse check options: invalid check option "skip"
# check=skip
FROM alpine

#= a comment with more words after it
FROM alpine
# check=skip=JSONArgsRecommended wanted here
CMD x

#= a comment that cannot be read is a comment
#! 3 JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals
FROM alpine
# check=skip
CMD x

#= a comment counts for its instruction only
#! 4 JSONArgsRecommended: JSON arguments recommended for ENTRYPOINT to prevent unintended behavior related to OS signals
FROM alpine
# check=skip=JSONArgsRecommended
CMD x
ENTRYPOINT x
