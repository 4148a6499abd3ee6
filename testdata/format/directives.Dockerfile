# escape=`  
# syntax=x




# syntax=y
FROM a
COPY a `  
b `
		c /d/