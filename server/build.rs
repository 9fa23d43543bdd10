//! Puts the browser's files into the binary: hashed names, brotli and gzip ready-made.
//!
//! `make browser` makes them in `target/site`. Where they are missing (an editor's check, clippy in a fresh clone) the crate still compiles,
//! with a warning, and the server serves pages without style and script. `make quick` makes less optimized ones in another folder, which
//! `PORTAL_REDIRECTS_SITE` names: there they must be.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    println!("cargo::rerun-if-env-changed=PORTAL_REDIRECTS_SITE");
    let named = env::var("PORTAL_REDIRECTS_SITE").ok();
    let site = root.join(named.as_deref().unwrap_or("target/site"));
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", root.join("migrations").display());
    println!("cargo::rerun-if-changed={}", site.display());
    for name in ["portal-redirects.js", "portal-redirects_bg.wasm", "portal-redirects.css", "favicon.svg", "third-party-notices.txt"] {
        println!("cargo::rerun-if-changed={}", site.join(name).display());
    }

    if named.is_some() && !site.join("portal-redirects.js").exists() {
        return Err(format!("{} has no files for the browser; `make quick` makes them", site.display()).into());
    }
    let script = read(&site.join("portal-redirects.js"));
    let wasm = read(&site.join("portal-redirects_bg.wasm"));
    let style = read(&site.join("portal-redirects.css"));
    let icon = read(&site.join("favicon.svg"));
    let notices = read(&site.join("third-party-notices.txt"));
    // Script and wasm belong together: one hash names both, as the page's loader expects.
    let name = format!("portal-redirects.{}", hash(&[&script, &wasm]));
    let files = [
        (format!("{name}.js"), "text/javascript; charset=utf-8", &script),
        (format!("{name}_bg.wasm"), "application/wasm", &wasm),
        (format!("portal-redirects.{}.css", hash(&[&style])), "text/css; charset=utf-8", &style),
        (format!("favicon.{}.svg", hash(&[&icon])), "image/svg+xml", &icon),
        (format!("third-party-notices.{}.txt", hash(&[&notices])), "text/plain; charset=utf-8", &notices),
    ];
    let mut code = vec![
        format!("const NAME: &str = {name:?};"),
        format!("const STYLE: &str = \"/pkg/{}\";", files[2].0),
        format!("const ICON: &str = \"/pkg/{}\";", files[3].0),
        format!("const NOTICES: &str = \"/pkg/{}\";", files[4].0),
        "static FILES: &[File] = &[".to_owned(),
    ];
    for (file, kind, content) in &files {
        fs::write(out.join(file), content)?;
        fs::write(out.join(format!("{file}.br")), brotli_of(content)?)?;
        fs::write(out.join(format!("{file}.gz")), gzip_of(content)?)?;
        let bytes = |ending: &str| format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}{ending}\"))");
        let (plain, brotli, gzip) = (bytes(""), bytes(".br"), bytes(".gz"));
        code.push(format!("File {{ name: {file:?}, kind: {kind:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},"));
    }
    code.push("];\n".to_owned());
    fs::write(out.join("files.rs"), code.join("\n"))?;
    Ok(())
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|_| {
        println!("cargo::warning={} is missing; run `make browser` first", path.display());
        Vec::new()
    })
}

fn hash(contents: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for content in contents {
        hasher.update(content);
    }
    hasher.finalize().iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn brotli_of(content: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut compressed = Vec::new();
    // The highest level takes most of a minute for wasm that is not optimized.
    let level = if env::var("PROFILE")? == "release" { 11 } else { 5 };
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 4096, level, 22);
    writer.write_all(content)?;
    drop(writer);
    Ok(compressed)
}

fn gzip_of(content: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
