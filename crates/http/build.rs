//! Makes the table of assets: what lies in `web/`, with digests and compressed copies.
//!
//! What the browser runs is what lies there, byte for byte. All files live under one directory named
//! after the hash of the whole tree, so that modules import each other by relative paths and every
//! address changes when anything does.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use aws_lc_rs::digest::{Context, SHA256, SHA384, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The folders of `web/` that are served.
const SERVED: [&str; 5] = ["icons", "js", "l10n", "styles", "vendor"];

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(variable("OUT_DIR")?);
    let web = manifest.join("../../web").canonicalize()?;
    let mut files = Vec::new();
    for folder in SERVED {
        println!("cargo::rerun-if-changed={}", web.join(folder).display());
        walk(&web.join(folder), &mut files)?;
    }
    files.sort();

    let mut tree = Context::new(&SHA256);
    let mut table = String::from("static FILES: &[File] = &[\n");
    for path in &files {
        let name = path.strip_prefix(&web)?.to_str().ok_or("a name that is not UTF-8")?;
        let Some(media_type) = media_type(name) else { continue };
        let bytes = fs::read(path)?;
        tree.update(name.as_bytes());
        tree.update(digest(&SHA256, &bytes).as_ref());
        let integrity = STANDARD.encode(digest(&SHA384, &bytes));
        let copy = out.join(name.replace('/', "--"));
        let copies = ["br", "gz"].map(|suffix| copy.with_added_extension(suffix));
        let [br, gz] = &copies;
        fs::write(br, brotli(&bytes)?)?;
        fs::write(gz, gzip(&bytes)?)?;
        let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("a path that is not UTF-8");
        let [plain, br, gz] = [text(path)?, text(br)?, text(gz)?];
        writeln!(
            table,
            "    File {{ name: {name:?}, media_type: {media_type:?}, integrity: \"sha384-{integrity}\", \
             plain: include_bytes!({plain:?}), brotli: include_bytes!({br:?}), gzip: include_bytes!({gz:?}) }},",
        )?;
    }
    table.push_str("];\n");
    let tree = tree.finish();
    let mut hash = String::new();
    for byte in tree.as_ref().iter().take(10) {
        write!(hash, "{byte:02x}")?;
    }
    writeln!(table, "const TREE: &str = {hash:?};")?;
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build programs by the environment")]
fn variable(name: &str) -> Result<String, env::VarError> {
    env::var(name)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit('.').next()? {
        "css" => "text/css; charset=utf-8",
        "ftl" => "text/plain; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    writer.write_all(bytes)?;
    Ok(writer.into_inner())
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}
