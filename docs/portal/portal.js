document.querySelector('#start').addEventListener('click', () => document.querySelector('onrecord-chat').focus());
