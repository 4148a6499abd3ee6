FROM mcr.microsoft.com/dotnet/runtime:8.0
WORKDIR /app
COPY bin/Release .
ENTRYPOINT ["dotnet", "App.dll"]
