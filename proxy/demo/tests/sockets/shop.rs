//! The shop as an origin: its careless cookies and validators, its sessions, its bounds.

use cloakroom_demo::{Origin, Recorder};

use crate::{anywhere, get, post};

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn every_page_sets_a_tracking_cookie_and_its_validator_differs_by_visitor() {
    let shop = Origin::start(anywhere(), Recorder::new()).await.unwrap();
    let shop = shop.local_addr();
    for page in ["/", "/c/tents", "/p/larch-2", "/search?q=warm", "/no/such/page"] {
        let (first, second) = (get(shop, page, "").await, get(shop, page, "").await);
        assert_ne!(first.cookie("visitor_id").unwrap(), second.cookie("visitor_id").unwrap(), "{page}");
        assert_ne!(first.fields("etag"), second.fields("etag"), "{page}");
        assert_eq!(first.fields("cache-control"), ["public, max-age=60"], "{page}");
        assert_eq!(first.body, second.body, "{page}");
    }
}

#[tokio::test]
async fn a_visitor_who_comes_back_is_recognized_by_the_validator() {
    let origin = Origin::start(anywhere(), Recorder::new()).await.unwrap();
    let shop = origin.local_addr();
    let first = get(shop, "/", "").await;
    let cookie = format!("Cookie: visitor_id={}\r\n", first.cookie("visitor_id").unwrap());
    let tag = format!("If-None-Match: {}\r\n", first.fields("etag")[0]);
    assert_eq!(get(shop, "/", &format!("{cookie}{tag}")).await.status, 304);
    assert_eq!(get(shop, "/", &tag).await.status, 200);
}

#[tokio::test]
async fn logging_in_opens_the_account_and_logging_out_closes_it() {
    let origin = Origin::start(anywhere(), Recorder::new()).await.unwrap();
    let shop = origin.local_addr();
    assert_eq!(get(shop, "/account", "").await.fields("location"), ["/login"]);
    let logged_in = post(shop, "/login", FORM, "", "name=%3Cb%3EMarie&password=x").await;
    assert_eq!((logged_in.status, logged_in.fields("location")), (303, vec!["/account".to_owned()]));
    assert!(logged_in.fields("set-cookie")[0].contains("HttpOnly"));
    let session = format!("Cookie: sid={}\r\n", logged_in.cookie("sid").unwrap());
    let account = get(shop, "/account", &session).await;
    assert!(account.body.contains("Hello, &lt;b&gt;Marie") && !account.body.contains("<b>Marie"));
    assert_eq!(account.fields("cache-control"), ["no-store"]);
    assert_eq!(post(shop, "/logout", FORM, &session, "").await.status, 303);
    assert_eq!(get(shop, "/account", &session).await.status, 303);
}

#[tokio::test]
async fn what_is_put_into_the_cart_is_there_for_its_owner_alone() {
    let origin = Origin::start(anywhere(), Recorder::new()).await.unwrap();
    let shop = origin.local_addr();
    let added = post(shop, "/cart", FORM, "", "product=ember-stove").await;
    let session = format!("Cookie: sid={}\r\n", added.cookie("sid").unwrap());
    assert!(get(shop, "/cart", &session).await.body.contains("Ember Stove"));
    assert!(get(shop, "/cart", "").await.body.contains("Your cart is empty"));
    assert_eq!(post(shop, "/cart", FORM, "", "product=yacht").await.status, 422);
}

#[tokio::test]
async fn bad_requests_are_answered_and_bounded() {
    let origin = Origin::start(anywhere(), Recorder::new()).await.unwrap();
    let shop = origin.local_addr();
    assert_eq!(get(shop, "/img/none.svg", "").await.status, 404);
    assert_eq!(post(shop, "/", FORM, "", "").await.status, 405);
    assert_eq!(post(shop, "/login", FORM, "", &"a=".repeat(8 * 1024)).await.status, 413);
    let picture = get(shop, "/img/larch-2.svg", "").await;
    assert_eq!(picture.fields("content-type"), ["image/svg+xml"]);
    assert!(get(shop, "/search?q=%22%3E%3Cscript%3E", "").await.body.contains("&quot;&gt;&lt;script&gt;"));
}
