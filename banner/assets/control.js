// Beside the body no selector of the site counts it, and no style of the body moves it.
document.body.before(document.currentScript.parentNode);
