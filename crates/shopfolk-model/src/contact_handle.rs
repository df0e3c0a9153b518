//! The handle that a link to a network carries.

use percent_encoding::percent_decode_str;

use crate::{ContactHandle, ContactText, ContactType};

/// The handle in a contact that is a link to the network of its type: `https://www.facebook.com/myshop_page` gives
/// `myshop_page`. `None` when the contact is no such link, or links to a part of the network that names nobody.
pub(crate) fn handle_from_link(contact_type: ContactType, contact: &ContactText) -> Option<ContactHandle> {
    let network = network(contact_type)?;
    let contact = contact.as_str();
    let rest = match contact.split_once("://") {
        Some((scheme, rest)) => is_web(scheme).then_some(rest)?,
        None => contact,
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    let bare = ["www.", "m.", "mobile.", "web."].iter().find_map(|part| host.strip_prefix(part));
    if !(network.is_host)(&host) && !bare.is_some_and(network.is_host) {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = network.before.iter().find_map(|part| path.strip_prefix(part)).unwrap_or(path);
    let segment = path.split('/').next().unwrap_or_default();
    let name = match network.at_sign {
        AtSign::Required => segment.strip_prefix('@')?,
        AtSign::Optional => segment.strip_prefix('@').unwrap_or(segment),
    };
    if network.not_names.contains(&name.to_ascii_lowercase().as_str()) || name.starts_with('+') {
        return None;
    }
    let name = percent_decode_str(name).decode_utf8().ok()?;
    // What cannot be a handle (too long, control characters) leaves the contact without one: the caller gave none.
    ContactHandle::optional(&name).ok().flatten()
}

/// How links to a network are made.
struct Network {
    is_host: fn(&str) -> bool,
    at_sign: AtSign,
    /// Parts of a path that may stand before the name.
    before: &'static [&'static str],
    /// First parts of a path that are pages of the network and not names.
    not_names: &'static [&'static str],
}

enum AtSign {
    Required,
    Optional,
}

/// Pinterest has a domain for many a country: `pinterest.co.uk`, or `de.pinterest.com`.
fn is_pinterest(host: &str) -> bool {
    host.starts_with("pinterest.") || host.ends_with(".pinterest.com")
}

fn is_web(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

fn network(contact_type: ContactType) -> Option<Network> {
    let network = |is_host, not_names| Network { is_host, at_sign: AtSign::Optional, before: &[], not_names };
    Some(match contact_type {
        ContactType::Facebook => network(
            |host| matches!(host, "facebook.com" | "fb.com"),
            &["profile.php", "pages", "people", "groups", "events", "watch", "share", "sharer", "photo.php"],
        ),
        ContactType::Instagram => {
            network(|host| host == "instagram.com", &["p", "reel", "reels", "stories", "explore", "tv"])
        }
        ContactType::Twitter => network(
            |host| matches!(host, "twitter.com" | "x.com"),
            &["i", "home", "search", "intent", "share", "hashtag"],
        ),
        ContactType::YouTube => {
            Network { at_sign: AtSign::Required, ..network(|host| host == "youtube.com", &[]) }
        }
        ContactType::TikTok => {
            Network { at_sign: AtSign::Required, ..network(|host| host == "tiktok.com", &[]) }
        }
        ContactType::Pinterest => network(is_pinterest, &["pin", "search"]),
        ContactType::Vk => network(|host| matches!(host, "vk.com" | "vk.ru"), &["feed", "im", "wall"]),
        ContactType::FacebookMessenger => {
            Network { before: &["t/"], ..network(|host| matches!(host, "m.me" | "messenger.com"), &["t"]) }
        }
        ContactType::WhatsApp => network(|host| host == "wa.me", &["message", "qr", "c", "p"]),
        ContactType::Telegram => Network {
            before: &["s/"],
            ..network(
                |host| matches!(host, "t.me" | "telegram.me"),
                &["joinchat", "addstickers", "c", "share", "s"],
            )
        },
        ContactType::Email
        | ContactType::Phone
        | ContactType::Viber
        | ContactType::Url
        | ContactType::Other => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(contact_type: ContactType, contact: &str) -> Option<String> {
        handle_from_link(contact_type, &ContactText::new(contact).unwrap()).map(|handle| handle.to_string())
    }

    #[test]
    fn every_network_gives_its_handle() {
        for (contact_type, contact, name) in [
            (ContactType::Facebook, "https://www.facebook.com/myshop_page", "myshop_page"),
            (ContactType::Facebook, "facebook.com/myshop_page", "myshop_page"),
            (ContactType::Instagram, "https://instagram.com/my.shop/", "my.shop"),
            (ContactType::Twitter, "https://twitter.com/myshop?lang=en", "myshop"),
            (ContactType::Twitter, "HTTPS://X.com/MyShop", "MyShop"),
            (ContactType::YouTube, "https://www.youtube.com/@myshop/videos", "myshop"),
            (ContactType::TikTok, "https://www.tiktok.com/@myshop", "myshop"),
            (ContactType::Pinterest, "https://www.pinterest.co.uk/myshop/boards", "myshop"),
            (ContactType::Pinterest, "https://pinterest.com/myshop", "myshop"),
            (ContactType::Vk, "https://m.vk.com/myshop", "myshop"),
            (ContactType::Telegram, "https://t.me/myshop", "myshop"),
            (ContactType::Telegram, "https://t.me/s/myshop", "myshop"),
            (ContactType::FacebookMessenger, "https://m.me/myshop", "myshop"),
            (ContactType::FacebookMessenger, "https://www.messenger.com/t/myshop", "myshop"),
            (ContactType::WhatsApp, "https://wa.me/01231231231", "01231231231"),
            (ContactType::Vk, "https://vk.com/%D0%BB%D0%B0%D0%B2%D0%BA%D0%B0", "лавка"),
        ] {
            assert_eq!(handle(contact_type, contact).as_deref(), Some(name), "{contact}");
        }
    }

    #[test]
    fn a_link_elsewhere_or_no_link_gives_none() {
        for (contact_type, contact) in [
            (ContactType::Facebook, "https://example.com/myshop"),
            (ContactType::Facebook, "https://notfacebook.com/myshop"),
            (ContactType::Facebook, "https://www.facebook.com/"),
            (ContactType::Facebook, "https://www.facebook.com"),
            (ContactType::Facebook, "https://www.facebook.com/profile.php?id=1"),
            (ContactType::Facebook, "ftp://www.facebook.com/myshop"),
            (ContactType::Facebook, "myshop"),
            (ContactType::YouTube, "https://www.youtube.com/channel/UC1"),
            (ContactType::Pinterest, "https://example.com/pinterest"),
            (ContactType::Telegram, "https://t.me/+abcdef"),
            (ContactType::Instagram, "https://instagram.com/p/abc"),
            (ContactType::Vk, "https://vk.com/%FF%FE"),
            (ContactType::Url, "https://www.facebook.com/myshop"),
            (ContactType::Email, "anna@facebook.com/myshop"),
        ] {
            assert_eq!(handle(contact_type, contact), None, "{contact}");
        }
    }
}
