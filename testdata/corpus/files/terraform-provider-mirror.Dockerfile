ARG TERRAFORM=1.9
FROM hashicorp/terraform:${TERRAFORM} AS mirror
WORKDIR /m
COPY versions.tf .
RUN terraform providers mirror -platform=linux_amd64 -platform=darwin_arm64 /providers
FROM hashicorp/terraform:${TERRAFORM}
COPY --from=mirror /providers /usr/share/terraform/providers
ENV TF_CLI_CONFIG_FILE=/etc/terraformrc
COPY <<-EOT /etc/terraformrc
	provider_installation {
	  filesystem_mirror { path = "/usr/share/terraform/providers" }
	}
EOT
