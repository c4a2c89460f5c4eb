BESIDE(document.currentScript.parentNode);
