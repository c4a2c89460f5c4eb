export default import('{url}/a.js');
