//! The language of business error messages: Chinese unless the client prefers English.

use axum::http::HeaderMap;

/// A language that user-facing texts exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese, the default.
    #[default]
    Chinese,
    /// English: `X-Language: en-us`, or an `Accept-Language` that prefers `en`.
    English,
}

impl Language {
    /// What the headers ask for. `X-Language` wins over `Accept-Language`.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(asked) = text("x-language").and_then(Self::named) {
            return asked;
        }
        text("accept-language").map_or(Self::Chinese, Self::preferred)
    }

    fn named(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "zh" => Some(Self::Chinese),
            _ => None,
        }
    }

    /// The first of the two languages by weight, then by place; neither named is Chinese.
    fn preferred(accept_language: &str) -> Self {
        let mut best = (0, Self::Chinese);
        for range in accept_language.split(',').take(20) {
            let (tag, weight) = range.split_once(";").unwrap_or((range, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1").parse::<f32>().unwrap_or(0.0);
            let weight = (weight.clamp(0.0, 1.0) * 1000.0) as u32;
            if let Some(language) = Self::named(tag)
                && weight > best.0
            {
                best = (weight, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows which language each combination of the two headers selects.
    #[test]
    fn is_chosen_by_the_headers() {
        let cases = [
            (None, None, Language::Chinese),
            (Some("en-us"), None, Language::English),
            (Some("EN_US"), None, Language::English),
            (Some("zh-cn"), Some("en"), Language::Chinese),
            (Some("fr"), Some("en-GB,en;q=0.9"), Language::English),
            (None, Some("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese),
            (None, Some("zh;q=0.5,en;q=0.8"), Language::English),
            (None, Some("fr,de"), Language::Chinese),
            (None, Some(";;;q=x,"), Language::Chinese),
        ];
        for (x_language, accept_language, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(value) = x_language {
                headers.insert("x-language", value.parse().expect("a header"));
            }
            if let Some(value) = accept_language {
                headers.insert("accept-language", value.parse().expect("a header"));
            }
            assert_eq!(Language::of(&headers), expected, "{x_language:?} {accept_language:?}");
        }
    }
}
