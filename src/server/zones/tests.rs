use super::*;

#[test]
fn the_release_of_the_zones_can_be_told() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(of_folder(folder.path()), None);
    std::fs::write(folder.path().join("tzdata.zi"), "# version 2025b\n# ddeps backzone\n").unwrap();
    assert_eq!(of_folder(folder.path()).as_deref(), Some("2025b"));
    std::fs::write(folder.path().join("+VERSION"), "2026a\n").unwrap();
    assert_eq!(of_folder(folder.path()).as_deref(), Some("2026a"));
    let (_, release) = version();
    assert!(release.starts_with("20"), "{release}");
}
