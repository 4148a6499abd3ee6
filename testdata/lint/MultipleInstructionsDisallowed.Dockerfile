#= the earlier one is reported
#! 2 MultipleInstructionsDisallowed: Multiple CMD instructions should not be used in the same stage because only the last one will be used
FROM alpine
CMD ["a"]
CMD ["b"]

#= all three kinds, and all but the last
#! 2 MultipleInstructionsDisallowed: Multiple ENTRYPOINT instructions should not be used in the same stage because only the last one will be used
#! 3 MultipleInstructionsDisallowed: Multiple ENTRYPOINT instructions should not be used in the same stage because only the last one will be used
#! 5 MultipleInstructionsDisallowed: Multiple HEALTHCHECK instructions should not be used in the same stage because only the last one will be used
FROM alpine
ENTRYPOINT ["a"]
ENTRYPOINT ["b"]
ENTRYPOINT ["c"]
HEALTHCHECK CMD a
HEALTHCHECK NONE

#= one in each stage
FROM alpine AS a
CMD ["a"]
FROM a
CMD ["b"]
