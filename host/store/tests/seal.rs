//! The key file and what it seals.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use switchboard_store::{SealError, SealKey};

const TOKEN: &[u8] = b"110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_file_is_made_once_and_opens_what_it_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let first = SealKey::load_or_create(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    let sealed = first.seal("connection|token|support", TOKEN);
    assert!(
        !sealed
            .windows(8)
            .any(|part| TOKEN.windows(8).any(|plain| plain == part))
    );

    let again = SealKey::load_or_create(&path).unwrap();
    assert_eq!(again.id(), first.id());
    assert_eq!(*again.open("connection|token|support", &sealed).unwrap(), TOKEN);
    assert_ne!(
        sealed,
        first.seal("connection|token|support", TOKEN),
        "every nonce is new"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
}

#[test]
fn a_value_opens_only_where_it_was_sealed_for() {
    let key = SealKey::ephemeral();
    let sealed = key.seal("connection|token|support", TOKEN);
    assert!(matches!(
        key.open("connection|token|sales", &sealed),
        Err(SealError::Damaged { .. })
    ));
    for at in 0..sealed.len() {
        let mut bent = sealed.clone();
        bent[at] ^= 1;
        assert!(key.open("connection|token|support", &bent).is_err(), "byte {at}");
        assert!(
            key.open("connection|token|support", &sealed[..at]).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn a_wrong_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ours = SealKey::load_or_create(folder.path().join("ours")).unwrap();
    let theirs = SealKey::ephemeral();
    let error = ours
        .open(
            "connection|token|support",
            &theirs.seal("connection|token|support", TOKEN),
        )
        .unwrap_err()
        .to_string();
    assert!(
        error.contains(theirs.id()) && error.contains(ours.id()) && error.contains("ours"),
        "{error}"
    );
}

#[test]
fn an_older_key_still_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let sealed = SealKey::load_or_create(&old).unwrap().seal("c", TOKEN);
    SealKey::load_or_create(&new).unwrap();
    let both = fs::read_to_string(&new).unwrap() + &fs::read_to_string(&old).unwrap();
    fs::write(&new, both).unwrap();
    let key = SealKey::load(&new).unwrap();
    assert_eq!(*key.open("c", &sealed).unwrap(), TOKEN);
    assert_eq!(*key.open("c", &key.seal("c", TOKEN)).unwrap(), TOKEN);
}

#[test]
fn a_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    SealKey::load_or_create(&path).unwrap();
    for open in [0o640, 0o604, 0o644] {
        fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
        let error = SealKey::load_or_create(&path).unwrap_err();
        assert!(matches!(error, SealError::Exposed { .. }));
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_broken_file_says_what_is_wrong_and_shows_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    SealKey::load_or_create(&path).unwrap();
    for (text, word) in [
        ("", "no key"),
        ("lonely", "line 1"),
        ("\nab c2hvcnQ=", "5 bytes"),
        ("ab ***", "not base64"),
        ("a/b c2hvcnQ=", "key id"),
    ] {
        fs::write(&path, text).unwrap();
        let error = SealKey::load(&path).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
        assert!(!error.contains("c2hvcnQ"), "{error}");
    }
}

#[test]
fn the_key_has_no_face() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    let key = SealKey::load_or_create(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let secret = text.lines().last().unwrap().split(' ').nth(1).unwrap();
    assert!(!format!("{key:?}").contains(&secret[..6]));
}
