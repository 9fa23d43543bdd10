//! The browser's files, from inside the binary: hashed names, so that they may be kept forever.

use app::routes::DocumentFiles;
use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::config::LeptosOptions;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// One file, and its compressed forms.
struct File {
    name: &'static str,
    kind: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

/// Where the pages find the files.
pub(crate) fn document_files() -> DocumentFiles {
    DocumentFiles {
        style: STYLE,
        icon: ICON,
        notices: NOTICES,
        options: LeptosOptions::builder().output_name(NAME).site_pkg_dir("pkg").build(),
    }
}

/// `GET /pkg/{name}`
pub(crate) async fn get(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (encoding, content) = match accepted(&headers) {
        Encoding::Brotli => (Some("br"), file.brotli),
        Encoding::Gzip => (Some("gzip"), file.gzip),
        Encoding::Plain => (None, file.plain),
    };
    let common = [
        (header::CONTENT_TYPE, file.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    match encoding {
        Some(encoding) => (common, [(header::CONTENT_ENCODING, encoding)], content).into_response(),
        None => (common, content).into_response(),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

/// The best form that the browser takes: it lists what it knows, and `;q=0` is what it refuses (RFC 9110, section 12.5.3).
fn accepted(headers: &HeaderMap) -> Encoding {
    let takes = |name: &str| {
        headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|entry| entry.split_once(';').map_or((entry.trim(), ""), |(name, quality)| (name.trim(), quality.trim())))
            .any(|(encoding, quality)| {
                encoding.eq_ignore_ascii_case(name) && quality.trim_start_matches("q=").parse::<f32>().is_ok_and(|q| q > 0.0)
                    || encoding.eq_ignore_ascii_case(name) && quality.is_empty()
            })
    };
    if takes("br") {
        Encoding::Brotli
    } else if takes("gzip") {
        Encoding::Gzip
    } else {
        Encoding::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(accept: &str) -> Encoding {
        accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, accept.parse().unwrap())]))
    }

    #[test]
    fn the_best_form_that_the_browser_takes_is_sent() {
        assert_eq!(chosen("gzip, deflate, br, zstd"), Encoding::Brotli);
        assert_eq!(chosen("gzip;q=1.0, br;q=0"), Encoding::Gzip);
        assert_eq!(chosen("identity"), Encoding::Plain);
        assert_eq!(accepted(&HeaderMap::new()), Encoding::Plain);
    }
}
