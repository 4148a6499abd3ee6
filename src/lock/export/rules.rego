
default allow := false

# Directories and archives that the client itself hands over.
allow if input.local

allow if startswith(input.http.url, "http://buildkit-session/")

# An image by its name becomes the locked one.
allow if {
	digest := locked.images[input.image.ref]
	pin_image(input.image, digest)
}

# An image by its digest is the locked one.
allow if input.image.ref in locked.digests

# A file has the locked content.
allow if input.http.checksum == locked.files[input.http.url]

# A repository is at the locked commit of this ref.
allow if {
	some pin in locked.repositories
	pin.remote == remote
	pin.commit == input.git.commitChecksum
	is_ref(pin.ref)
}

# A lock that is not strict lets through what it does not hold.
allow if {
	not locked.strict
	not held
	not input.env.capsRequest
}

held if locked.images[input.image.ref]

held if locked.files[input.http.url]

held if {
	some pin in locked.repositories
	pin.remote == remote
}

remote := split(input.git.fullURL, "#")[0]

# The default branch, the ref in full, a tag or a branch, or the commit itself.
is_ref("")

is_ref(ref) if input.git.ref == ref

is_ref(ref) if input.git.ref == concat("", ["refs/tags/", ref])

is_ref(ref) if input.git.ref == concat("", ["refs/heads/", ref])

is_ref(_) if input.git.isCommitRef

messages contains msg if {
	not allow
	input.image
	msg := sprintf("the image %s is not in the lock %s", [input.image.ref, locked.lock])
}

messages contains msg if {
	not allow
	input.http
	locked.files[input.http.url]
	msg := sprintf("the file %s is not what the lock %s has: %s", [input.http.url, locked.lock, locked.files[input.http.url]])
}

messages contains msg if {
	not allow
	input.http
	not locked.files[input.http.url]
	msg := sprintf("the file %s is not in the lock %s", [input.http.url, locked.lock])
}

messages contains msg if {
	not allow
	input.git
	msg := sprintf("the repository %s is not at a commit of the lock %s", [remote, locked.lock])
}

decision := {
	"allow": allow,
	"deny_msg": [msg | some msg in messages],
}
