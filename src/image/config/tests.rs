use super::*;
use crate::go::byte_text::Text;
use proptest::prelude::*;

const EMPTY: &str =
    r#"{"architecture":"","os":"","rootfs":{"type":"","diff_ids":null},"config":{}}"#;

fn again(text: &str) -> Result<String, String> {
    ImageConfig::from_json(text.as_bytes())
        .map(|image| image.to_json())
        .map_err(|error| error.to_string())
}

#[test]
fn a_full_config_survives() {
    let full = concat!(
        r#"{"created":"2024-05-01T00:00:00.5+02:00","author":"a","architecture":"arm","os":"linux","#,
        r#""os.version":"1","os.features":["f"],"variant":"v7","#,
        r#""rootfs":{"type":"layers","diff_ids":["sha256:00"]},"#,
        r#""history":[{"created":"2024-05-01T00:00:00Z","created_by":"b","author":"c","comment":"d","#,
        r#""empty_layer":true},{}],"#,
        r#""config":{"User":"u","ExposedPorts":{"1/tcp":{},"80/tcp":{}},"Env":["A=\u003c\u0026\u003e"],"#,
        r#""Entrypoint":["e"],"Cmd":["c"],"Volumes":{"/v":{}},"WorkingDir":"/w","Labels":{"k":"v"},"#,
        r#""StopSignal":"SIGINT","ArgsEscaped":true,"Healthcheck":{"Test":["NONE"],"Interval":1,"#,
        r#""Timeout":2,"StartPeriod":3,"StartInterval":4,"Retries":5},"OnBuild":["RUN x"],"#,
        r#""Shell":["sh","-c"]}}"#,
    );
    assert_eq!(again(full).as_deref(), Ok(full));
}

#[test]
fn reading_is_lenient_as_go_is() {
    for (text, config) in [
        (
            r#"{"config":{"Env":["a"],"env":["b","c"]}}"#,
            r#"{"Env":["b","c"]}"#,
        ),
        (r#"{"config":{"Env":["a"],"ENV":null}}"#, "{}"),
        (
            r#"{"config":{"LABELS":{"a":"b"},"labels":{"c":null}},"Config":null}"#,
            r#"{"Labels":{"a":"b","c":""}}"#,
        ),
        (
            r#"{"config":{"Healthcheck":{"retries":1},"healthcheck":{"Interval":2}}}"#,
            r#"{"Healthcheck":{"Interval":2,"Retries":1}}"#,
        ),
        (
            r#"{"config":{"Entrypoint":[null,"x"]}}"#,
            r#"{"Entrypoint":["","x"]}"#,
        ),
        (
            r#"{"config":{"Volumes":{"/x":null,"/a":{"z":[1,{}]}}}}"#,
            r#"{"Volumes":{"/a":{},"/x":{}}}"#,
        ),
        (r#"{"config":{"ſtopſignal":"x"}}"#, r#"{"StopSignal":"x"}"#),
        (
            r#"{"config":{"Cmd":["\ud800","\ud83d\ude00\/","\u2028\b\u001b"]}}"#,
            "{\"Cmd\":[\"\u{fffd}\",\"😀/\",\"\\u2028\\b\\u001b\"]}",
        ),
    ] {
        let expected = EMPTY.replace(r#""config":{}"#, &format!("\"config\":{config}"));
        assert_eq!(again(text), Ok(expected), "{text}");
    }
    assert_eq!(again(" null ").as_deref(), Ok(EMPTY));
    assert_eq!(
        again(r#"{"rootfs":{"diff_ids":[]}}"#),
        Ok(EMPTY.replace("null", "[]"))
    );
    let broken = b"{\"author\":\"\xff\xe2\x82\"}";
    let image = ImageConfig::from_json(broken).unwrap();
    assert_eq!(image.author, "\u{fffd}\u{fffd}\u{fffd}");
}

#[test]
fn bytes_of_a_dockerfile_are_escaped_and_characters_are_not() {
    let mut image = ImageConfig {
        author: Text::from_bytes(b"Jos\xe9"),
        ..ImageConfig::default()
    };
    image.config.cmd = vec!["caf\u{fffd}".into(), Text::from_bytes(b"caf\xe9")];
    image.config.on_build = vec![Text::from_bytes(b"RUN \xff")];
    let json = image.to_json();
    assert!(json.contains(r#""author":"Jos\ufffd""#), "{json}");
    assert!(json.contains("[\"caf\u{fffd}\",\"caf\\ufffd\"]"), "{json}");
    assert!(json.contains(r#"["RUN \ufffd"]"#), "{json}");
}

#[test]
fn wrong_types_are_told_as_go_tells_them() {
    for (text, error) in [
        (
            "[]",
            "json: cannot unmarshal array into Go value of type v1.DockerOCIImage",
        ),
        (
            r#"{"os":1,"author":2}"#,
            "json: cannot unmarshal number into Go struct field DockerOCIImage.Image.Platform.os of type string",
        ),
        (
            r#"{"config":{"Env":"x"}}"#,
            "json: cannot unmarshal string into Go struct field DockerOCIImageConfig.config.ImageConfig.Env of type []string",
        ),
        (
            r#"{"config":{"ExposedPorts":{"a":1}}}"#,
            "json: cannot unmarshal number into Go struct field DockerOCIImageConfig.config.ImageConfig.ExposedPorts of type struct {}",
        ),
        (
            r#"{"config":{"Healthcheck":{"Interval":1.5}}}"#,
            "json: cannot unmarshal number 1.5 into Go struct field HealthcheckConfig.config.DockerOCIImageConfigExt.Healthcheck.Interval of type time.Duration",
        ),
        (
            r#"{"rootfs":{"diff_ids":[true]}}"#,
            "json: cannot unmarshal bool into Go struct field RootFS.Image.rootfs.diff_ids of type digest.Digest",
        ),
        (
            r#"{"history":[{"created":{}}]}"#,
            "Time.UnmarshalJSON: input is not a JSON string",
        ),
    ] {
        assert_eq!(again(text), Err(error.to_owned()), "{text}");
    }
}

#[test]
fn an_image_without_a_base_has_a_path_except_on_windows() {
    let linux = ImageConfig::empty(&Platform::new("linux", "amd64"));
    assert_eq!(
        linux.to_json(),
        r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":null},"config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],"WorkingDir":"/"}}"#
    );
    assert!(linux.is_scratch());
    let windows = ImageConfig::empty(&Platform::new("windows", "amd64"));
    assert_eq!(windows.config.env, Vec::<String>::new());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        env in proptest::collection::vec(any::<String>(), 0..4),
        labels in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..4),
        volumes in proptest::collection::btree_set(any::<String>(), 0..4),
        retries in any::<i64>(),
    ) {
        let mut image = ImageConfig::empty(&Platform::new("linux", "amd64"));
        image.config.env = env;
        image.config.labels = labels;
        image.config.volumes = volumes;
        image.config.healthcheck = Some(Healthcheck { retries, ..Healthcheck::default() });
        prop_assert_eq!(ImageConfig::from_json(image.to_json().as_bytes()), Ok(image));
    }

    #[test]
    fn no_text_panics(text in "[\\[\\]{}:,\"\\\\a-u0-9.e -]{0,40}") {
        let _ = ImageConfig::from_json(text.as_bytes());
    }
}
