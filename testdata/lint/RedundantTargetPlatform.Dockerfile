#= the variable
#! 1 RedundantTargetPlatform: Setting platform to predefined $TARGETPLATFORM in FROM is redundant as this is the default behavior
FROM --platform=$TARGETPLATFORM alpine

#= the variable in braces
#! 1 RedundantTargetPlatform: Setting platform to predefined ${TARGETPLATFORM} in FROM is redundant as this is the default behavior
FROM --platform=${TARGETPLATFORM} alpine

#= the build platform
FROM --platform=$BUILDPLATFORM alpine

#= something more than the variable
FROM --platform=${TARGETPLATFORM:-$BUILDPLATFORM} alpine
