//! What `rdf lock` promises of its requests and of credentials, held against the client of oci-client and against
//! docker_credential: why those are not used for them.
//! A test that fails here says that a promise can now be kept on it.

use std::time::Duration;

use docker_credential::{CredentialRetrievalError, get_credential_from_reader};
use oci_distribution::client::{Client, ClientConfig, ClientProtocol};
use oci_distribution::secrets::RegistryAuth;

use super::Dir;
use super::hosts::{auths, one_image};
use super::world::{Fault, Guard, World};

struct Setup {
    world: World,
    dir: Dir,
    client: Client,
    reference: oci_distribution::Reference,
}

fn setup() -> Setup {
    let (world, dir) = (World::start(), Dir::new());
    world.image("x", "1", "x", "");
    world.image("x", "2", "y", "");
    dir.write("Dockerfile", &format!("FROM {}/x:1\n", world.host()));
    let client = Client::new(ClientConfig {
        protocol: ClientProtocol::Http,
        connect_timeout: Some(Duration::from_secs(1)),
        read_timeout: Some(Duration::from_secs(1)),
        ..ClientConfig::default()
    });
    let reference = format!("{}/x:1", world.host()).parse().unwrap();
    Setup {
        world,
        dir,
        client,
        reference,
    }
}

#[tokio::test]
async fn a_slow_answer_has_no_bound_in_time() {
    let it = setup();
    it.world.fault("/x/manifests", Fault::Trickle);
    let pull = it
        .client
        .pull_manifest_raw(&it.reference, &RegistryAuth::Anonymous, &[]);
    let theirs = tokio::time::timeout(Duration::from_secs(5), pull).await;
    assert!(theirs.is_err(), "it gives up by itself: {theirs:?}");
    let (exit, stderr) = it.dir.run(&["lock", "--timeout", "1"]);
    assert!(
        exit == 3 && stderr.contains("did not complete its answer within 2 seconds"),
        "{stderr}"
    );
}

#[tokio::test]
async fn a_large_answer_has_no_bound_in_bytes() {
    let it = setup();
    // twice what is taken of a manifest here
    let large = 16 << 20;
    it.world.fault("/x/manifests", Fault::Large(large));
    let theirs = it
        .client
        .pull_manifest_raw(&it.reference, &RegistryAuth::Anonymous, &[])
        .await;
    assert_eq!(theirs.unwrap().0.len(), large, "it stops before the end");
    let (exit, stderr) = it.dir.run(&["lock"]);
    assert!(exit == 3 && stderr.contains("larger than"), "{stderr}");
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_lost() {
    let it = setup();
    it.world
        .fault("/x/manifests", Fault::StatusOnce(429, "retry-after: 1\r\n"));
    let theirs = it
        .client
        .pull_manifest_raw(&it.reference, &RegistryAuth::Anonymous, &[])
        .await;
    let error = theirs.expect_err("it waits");
    assert!(
        !format!("{error:?}").contains("retry-after"),
        "the wait is in the error: {error:?}"
    );
    it.world.clear_faults();
    it.world
        .fault("/x/manifests", Fault::StatusOnce(429, "retry-after: 1\r\n"));
    assert_eq!(it.dir.run(&["lock"]).0, 0);
}

#[tokio::test]
async fn the_second_of_two_challenges_is_not_seen() {
    let it = setup();
    it.world.set_guard(Guard::Token);
    it.world.set_challenge(
        "www-authenticate: Negotiate\r\nwww-authenticate: Bearer realm=\"REALM\"\r\n",
    );
    let auth = RegistryAuth::Basic("user".into(), "secret".into());
    let theirs = it.client.pull_manifest_raw(&it.reference, &auth, &[]).await;
    assert!(theirs.is_err(), "it meets the second challenge");
}

#[tokio::test]
async fn a_list_of_tags_ends_with_its_first_page() {
    let it = setup();
    let more = "link: </v2/x/tags/more>; rel=\"next\"\r\n";
    it.world.put_answer(
        "/v2/x/tags/list",
        200,
        more,
        br#"{"name":"x","tags":["1"]}"#,
    );
    it.world
        .put_answer("/v2/x/tags/more", 200, "", br#"{"name":"x","tags":["2"]}"#);
    let theirs = it
        .client
        .list_tags(&it.reference, &RegistryAuth::Anonymous, None, None)
        .await;
    assert_eq!(theirs.unwrap().tags, ["1"], "it follows the link");
    assert_eq!(it.dir.run(&["lock"]).0, 0);
    assert_eq!(it.dir.run(&["lock", "--update", "--level", "major"]).0, 0);
    assert!(it.dir.read("Dockerfile.lock").contains("tag = \"2\""));
}

#[test]
fn credentials_have_one_spelling_and_no_reason() {
    let (world, dir) = one_image();
    let host = world.host();
    world.set_guard(Guard::Basic);
    let theirs = |config: &str| get_credential_from_reader(config.as_bytes(), &host);
    // What `docker login` writes is found by both; what people and Podman write, by one.
    assert!(theirs(&auths(&host)).is_ok());
    for key in [
        format!("{host}/"),
        format!("{host}/v2"),
        format!("{host}/x"),
    ] {
        let config = auths(&key);
        let theirs = theirs(&config).expect_err("it is found");
        assert_eq!(theirs, CredentialRetrievalError::NoCredentialConfigured);
        dir.write(".docker/config.json", &config);
        let (exit, stderr) = dir.run(&["lock", "--update"]);
        assert_eq!(exit, 0, "{key}: {stderr}");
    }
    // A file that cannot be read has a name and a line.
    let theirs = theirs("{\n\"auths\": [").expect_err("it is read");
    assert_eq!(theirs, CredentialRetrievalError::ConfigReadError);
    dir.write(".docker/config.json", "{\n\"auths\": [");
    let (exit, stderr) = dir.run(&["lock", "--update"]);
    assert!(
        exit == 3 && stderr.contains("config.json") && stderr.contains("line 2"),
        "{stderr}"
    );
}
