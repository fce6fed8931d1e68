//! The shop's pictures: own drawings, composed as SVG of a sky, a ground and a thing.

/// A sky's two colours, the ground, and what stands on it.
struct Scene {
    name: &'static str,
    sky: [&'static str; 2],
    ground: &'static str,
    thing: &'static str,
}

/// The SVG of that name (`larch-2`, `hero`, `mark`).
pub(super) fn svg(name: &str) -> Option<String> {
    match name {
        "mark" => Some(MARK.to_owned()),
        "hero" => {
            Some(hills(["#20344a", "#c9705a", "#f3c183"], ["#5b4a5e", "#3d3a50", "#26303f", "#17222e"], true))
        }
        "hero-spring" => Some(hills(
            ["#9fd0dc", "#d9ecd9", "#fdf0d2"],
            ["#9dbf9a", "#6fa077", "#437a58", "#285440"],
            false,
        )),
        "hero-winter" => Some(hills(
            ["#8ea6c4", "#cfdae8", "#f7efe9"],
            ["#b9c7d8", "#8fa4bd", "#5f7896", "#3b516e"],
            false,
        )),
        _ => SCENES.iter().find(|scene| scene.name == name).map(thing),
    }
}

fn thing(scene: &Scene) -> String {
    let [high, low] = scene.sky;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240"><defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop stop-color="{high}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs><rect width="320" height="240" fill="url(#s)"/><path d="M0 176q70-34 150-10t170-12v86H0z" fill="{ground}" opacity=".5"/><path d="M0 196q90-22 180-6t140-10v60H0z" fill="{ground}"/><ellipse cx="160" cy="202" rx="98" ry="9" fill="#000" opacity=".16"/>{thing}</svg>"##,
        ground = scene.ground,
        thing = scene.thing,
    )
}

/// Four ranges of hills under a sky.
fn hills(sky: [&str; 3], ranges: [&str; 4], stars: bool) -> String {
    let [top, middle, low] = sky;
    let [far, mid, near, front] = ranges;
    let lights = if stars {
        r##"<g fill="#fff"><circle cx="180" cy="70" r="1.6"/><circle cx="420" cy="46" r="1.2"/><circle cx="640" cy="96" r="1.5"/><circle cx="900" cy="40" r="1.8"/><circle cx="1180" cy="84" r="1.2"/><circle cx="1450" cy="52" r="1.6"/><circle cx="300" cy="130" r="1"/><circle cx="1040" cy="128" r="1"/></g>"##
    } else {
        r##"<circle cx="1190" cy="150" r="62" fill="#fffbe8" opacity=".9"/>"##
    };
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 640" preserveAspectRatio="xMidYMax slice"><defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1"><stop stop-color="{top}"/><stop offset=".62" stop-color="{middle}"/><stop offset="1" stop-color="{low}"/></linearGradient></defs><rect width="1600" height="640" fill="url(#s)"/>{lights}<path d="M0 380l150-90 90 46 170-130 130 108 120-60 190 132 160-150 140 96 120-74 140 116 190-104v370H0z" fill="{far}"/><path d="M0 450l120-66 170 72 180-110 150 92 210-84 160 96 190-104 180 88 240-76v282H0z" fill="{mid}"/><path d="M0 520q160-70 330-28t340-22 350 8 300-26 280 14v174H0z" fill="{near}"/><path d="M0 586q240-58 520-22t560-18 520-6v100H0z" fill="{front}"/><g fill="{front}"><path d="M96 596l26-92 26 92zM140 604l20-70 20 70zM1330 590l28-104 28 104zM1384 596l20-72 20 72zM1290 596l16-58 16 58z"/></g><g transform="translate(1010 516)"><path d="M-66 58L0-28 66 58z" fill="#e8734a"/><path d="M-66 58L0-28-14 58z" fill="#c9583a"/><path d="M-12 58L0 6l16 52z" fill="#ffe2a6"/></g></svg>"##
    )
}

const MARK: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="10" fill="#23402f"/><path d="M20 6l9 13h-5l7 10H9l7-10h-5z" fill="#f4efe4"/><rect x="18.4" y="28" width="3.2" height="6" rx="1" fill="#e8734a"/></svg>"##;

const SCENES: [Scene; 12] = [
    Scene {
        name: "larch-2",
        sky: ["#f8dcb4", "#f3b98d"],
        ground: "#4f6b4c",
        thing: r##"<path d="M64 202Q92 96 160 92q68 4 96 110z" fill="#d9622f"/><path d="M64 202Q92 96 160 92q-44 40-52 110z" fill="#b84d22"/><path d="M160 92q-32 46-30 110h60q2-64-30-110z" fill="#f2b48a"/><path d="M160 116q-18 40-17 86h34q1-46-17-86z" fill="#5a2d1c"/><path d="M160 92v110" stroke="#b84d22" stroke-width="2"/><path d="M70 190L40 206M250 190l30 16" stroke="#3a2a20" stroke-width="2"/>"##,
    },
    Scene {
        name: "cairn-1",
        sky: ["#cfe3ea", "#a9cbd4"],
        ground: "#5d6f5a",
        thing: r##"<path d="M70 202L150 86l110 116z" fill="#2f6f73"/><path d="M70 202L150 86l-14 116z" fill="#245a5e"/><path d="M136 202l14-92 30 92z" fill="#e9dcc0"/><path d="M150 80v122" stroke="#173c3f" stroke-width="3"/><path d="M78 192l-32 14M252 192l30 14" stroke="#24403f" stroke-width="2"/>"##,
    },
    Scene {
        name: "heron-tarp",
        sky: ["#dfe7cf", "#b7caa0"],
        ground: "#4d6240",
        thing: r##"<path d="M52 204V62M268 204V62" stroke="#4a3524" stroke-width="9"/><path d="M52 92q108 40 216 0l24 66q-132-42-264 0z" fill="#7a8f4c"/><path d="M52 92q108 40 216 0l6 16q-114 40-228 0z" fill="#94aa62"/><path d="M28 158l-14 40M292 158l14 40" stroke="#5a4a30" stroke-width="2"/><path d="M132 202q4-22 28-22t28 22z" fill="#c9583a"/>"##,
    },
    Scene {
        name: "switchback-45",
        sky: ["#f2e3c9", "#e3c79c"],
        ground: "#7c6a4c",
        thing: r##"<rect x="112" y="70" width="96" height="132" rx="26" fill="#2e5a88"/><path d="M112 104h96V88q0-30-48-30t-48 30z" fill="#234870"/><rect x="124" y="132" width="72" height="56" rx="14" fill="#3b6ea3"/><path d="M124 150h72" stroke="#234870" stroke-width="3"/><rect x="98" y="132" width="16" height="56" rx="8" fill="#234870"/><rect x="206" y="132" width="16" height="56" rx="8" fill="#234870"/><path d="M136 60q24-18 48 0" fill="none" stroke="#1a3654" stroke-width="5"/><path d="M140 104v24M180 104v24" stroke="#e8734a" stroke-width="5"/><rect x="118" y="40" width="84" height="22" rx="11" fill="#c9583a"/>"##,
    },
    Scene {
        name: "daybreak-22",
        sky: ["#fbe6c8", "#f6c9a8"],
        ground: "#7d7357",
        thing: r##"<path d="M108 202v-72q0-54 52-54t52 54v72z" fill="#e0a02f"/><path d="M108 160h104v42H108z" fill="#c4861d"/><rect x="126" y="146" width="68" height="48" rx="12" fill="#f0b94d"/><path d="M126 164h68" stroke="#a86f12" stroke-width="3"/><path d="M142 78q18-24 36 0" fill="none" stroke="#8d5c0e" stroke-width="6"/><path d="M124 116q36-22 72 0" fill="none" stroke="#a86f12" stroke-width="3"/><circle cx="184" cy="164" r="4" fill="#8d5c0e"/>"##,
    },
    Scene {
        name: "errand-18",
        sky: ["#dbe0e6", "#b9c3cd"],
        ground: "#5d6670",
        thing: r##"<path d="M112 202V88h96v114q0 0 0 0z" fill="#3c4a44"/><path d="M106 92q54-26 108 0l-6 20h-96z" fill="#2c3833"/><path d="M106 92q54-26 108 0" fill="none" stroke="#54655d" stroke-width="6"/><rect x="126" y="132" width="68" height="58" rx="6" fill="#4b5c55"/><path d="M160 96v38" stroke="#d9622f" stroke-width="7"/><rect x="151" y="124" width="18" height="12" rx="3" fill="#efe6d4"/><path d="M126 150h68" stroke="#2c3833" stroke-width="3"/>"##,
    },
    Scene {
        name: "hollow-4",
        sky: ["#27355a", "#55618c"],
        ground: "#232f45",
        thing: r##"<circle cx="262" cy="48" r="20" fill="#f6edcf"/><g fill="#fff"><circle cx="60" cy="42" r="2"/><circle cx="120" cy="70" r="1.6"/><circle cx="190" cy="36" r="2"/><circle cx="34" cy="96" r="1.5"/></g><path d="M44 176q0-34 44-36l150 14q40 6 40 28t-40 22H88q-44 0-44-28z" fill="#a23f5a"/><path d="M44 176q0-34 44-36 30 4 30 34t-30 30q-44 0-44-28z" fill="#c25a75"/><ellipse cx="84" cy="172" rx="26" ry="22" fill="#5c1f33"/><path d="M66 178q18 16 36 0-4-24-18-24t-18 24z" fill="#f0d3b5"/><path d="M140 146v56M176 150v53M212 154v50M246 160v42" stroke="#822f47" stroke-width="3"/>"##,
    },
    Scene {
        name: "moss-mat",
        sky: ["#e5ecd8", "#c4d3ab"],
        ground: "#5b7148",
        thing: r##"<path d="M60 172h150l60 30H74q-14 0-14-14z" fill="#6d8a3f"/><path d="M60 172h150l60 30" fill="none" stroke="#56702f" stroke-width="3"/><path d="M96 172l54 30M132 172l54 30M168 172l54 30" stroke="#56702f" stroke-width="3"/><circle cx="70" cy="164" r="36" fill="#7d9c4b"/><circle cx="70" cy="164" r="25" fill="none" stroke="#56702f" stroke-width="4"/><circle cx="70" cy="164" r="13" fill="none" stroke="#56702f" stroke-width="4"/><rect x="64" y="126" width="12" height="76" rx="6" fill="#c9583a" opacity=".9"/>"##,
    },
    Scene {
        name: "dune-pillow",
        sky: ["#f7e4d4", "#eec5a9"],
        ground: "#b98c62",
        thing: r##"<path d="M72 136q88-26 176 0 14 34 0 66-88 16-176 0-14-32 0-66z" fill="#f4ead8"/><path d="M72 136q88-26 176 0-20 22-88 22t-88-22z" fill="#fff7e8"/><path d="M72 202q88 16 176 0-24-18-88-18t-88 18z" fill="#dccbb0"/><path d="M78 144q12 24 0 52M242 144q-12 24 0 52" fill="none" stroke="#cdb894" stroke-width="3"/><rect x="232" y="160" width="26" height="14" rx="3" fill="#c9583a"/>"##,
    },
    Scene {
        name: "ember-stove",
        sky: ["#3a2f3d", "#7a4a45"],
        ground: "#2c2830",
        thing: r##"<rect x="122" y="150" width="76" height="52" rx="12" fill="#d2d6d8"/><rect x="122" y="164" width="76" height="22" fill="#c9583a"/><rect x="148" y="128" width="24" height="24" rx="4" fill="#8b9095"/><path d="M172 140h34" stroke="#8b9095" stroke-width="5"/><circle cx="210" cy="140" r="7" fill="#b1b6ba"/><path d="M124 128h72l-12-14h-48z" fill="#6d7277"/><path d="M112 112l18 12M208 112l-18 12" stroke="#a9aeb2" stroke-width="5"/><path d="M160 46q32 32 20 66h-40q-14-32 20-66z" fill="#f39a3c"/><path d="M160 74q16 18 10 38h-20q-8-18 10-38z" fill="#ffe08a"/>"##,
    },
    Scene {
        name: "nest-set",
        sky: ["#dde6ea", "#b9cad2"],
        ground: "#66757a",
        thing: r##"<path d="M84 128h110v58q0 16-16 16h-78q-16 0-16-16z" fill="#555e66"/><rect x="78" y="120" width="122" height="12" rx="6" fill="#6d7780"/><path d="M194 146q36-4 46 22" fill="none" stroke="#c9583a" stroke-width="8" stroke-linecap="round"/><path d="M102 142v44" stroke="#78838c" stroke-width="5"/><path d="M176 166h74v26q0 10-10 10h-54q-10 0-10-10z" fill="#7b868f"/><rect x="171" y="158" width="84" height="10" rx="5" fill="#98a3ab"/><path d="M120 108q-8-14 0-26M144 108q-8-16 2-34M166 108q-8-14 0-26" fill="none" stroke="#fff" stroke-width="4" opacity=".8" stroke-linecap="round"/>"##,
    },
    Scene {
        name: "tarn-flask",
        sky: ["#cde4e8", "#8fbcc6"],
        ground: "#3f6f73",
        thing: r##"<rect x="134" y="82" width="52" height="120" rx="14" fill="#1f5c66"/><rect x="142" y="92" width="10" height="96" rx="5" fill="#3a8390"/><rect x="140" y="48" width="40" height="38" rx="8" fill="#e9dcc0"/><rect x="140" y="72" width="40" height="8" fill="#cbb994"/><path d="M150 48q10-18 20 0" fill="none" stroke="#c9583a" stroke-width="5"/><path d="M160 124l12 18h-7l9 14h-28l9-14h-7z" fill="#e9dcc0"/>"##,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::catalogue::PRODUCTS;

    #[test]
    fn every_product_has_its_picture() {
        for product in &PRODUCTS {
            let svg = svg(product.slug).unwrap_or_default();
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{}", product.slug);
        }
        assert!(svg("nothing").is_none());
    }
}
